/** Repetitions that may take many lengths count as long from this spread on: `x{0,9}`, and everything without an upper bound. */
const LONG_SPREAD_MIN = 9;
/** "?" in one expression: each may double the ways to match. */
const OPTIONALS_MAX = 6;

const PIECE =
  /\\p\{[^}]*\}|\\u\{[^}]*\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?(?:[:=!]|<[=!]|<\w+>)|[()|]|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[\s\S]/gu;
const QUANTIFIER = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??$/;
/** Atoms that match most characters. */
const WIDE = /^(?:\.|\[\^|\\[wWSDP]|\\p)/;

/**
 * What makes an expression slow although no repetition holds another: a repeated choice (`(a|aa)+`), two long repetitions of the same characters side by side
 * (`\s*\s*`), or two that match nearly anything (`.*x.*`). A sentence for the operator; undefined when there is none of it.
 */
export function repeatProblem(source: string): string | undefined {
  const choices: boolean[] = [];
  let closedChoice = false;
  let atom = "";
  /** Atoms of long repetitions that nothing has ended yet. */
  let open: string[] = [];
  let wide = 0;
  let optionals = 0;
  for (const [piece] of source.matchAll(PIECE)) {
    const quantifier = QUANTIFIER.exec(piece);
    if (quantifier && atom !== "") {
      if (piece.startsWith("?")) optionals++;
      else if (atom === ")" && closedChoice) return "the expression repeats a choice, which can take exponential time";
      const [long, mandatory] = spread(piece, quantifier);
      if (long && WIDE.test(atom)) wide++;
      if (long && open.some((other) => shareCharacters(other, atom)))
        return "the expression has two long repetitions of the same characters side by side, which can take quadratic time";
      open = [...(mandatory ? [] : open), ...(long ? [atom] : [])];
      atom = "";
      continue;
    }
    // An atom without a quantifier must match, so what was repeated before it ends there.
    if (atom !== "" && !/^[()|]/.test(atom)) open = [];
    if (piece.startsWith("(")) choices.push(false);
    if (piece === "|" && choices.length > 0) choices[choices.length - 1] = true;
    if (piece === ")") closedChoice = closeGroup(choices);
    atom = piece;
  }
  if (wide > 1) return "the expression repeats almost anything twice (like .* and .*), which can take quadratic time";
  return optionals > OPTIONALS_MAX ? `the expression has more than ${OPTIONALS_MAX} optional parts` : undefined;
}

/** Characters by which two atoms are compared. */
const SAMPLE = [...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)), "\t", "\n", "é", "가", "中"];

function shareCharacters(one: string, other: string): boolean {
  if (one === ")" || other === ")") return true;
  const [first, second] = [new RegExp(`^(?:${one})$`, "iu"), new RegExp(`^(?:${other})$`, "iu")];
  return SAMPLE.some((character) => first.test(character) && second.test(character));
}

/** Whether the group that closes held a choice; then the group around it does too. */
function closeGroup(choices: boolean[]): boolean {
  const closed = choices.pop() ?? false;
  if (closed && choices.length > 0) choices[choices.length - 1] = true;
  return closed;
}

/** Whether a quantifier may take many lengths, and whether its atom must be there at all. */
function spread(piece: string, [, low, comma, high]: RegExpExecArray): [long: boolean, mandatory: boolean] {
  if (piece.startsWith("?")) return [false, false];
  if (piece.startsWith("*")) return [true, false];
  if (piece.startsWith("+")) return [true, true];
  const most = comma === "" ? Number(low) : high === "" ? Infinity : Number(high);
  return [most - Number(low) >= LONG_SPREAD_MIN, Number(low) > 0];
}
