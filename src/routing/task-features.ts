import { CUE_COUNT, cuesOf, signsOf } from "./task-cues";
import { addTerms } from "./terms";

/** The parts of a request that tell what it asks. */
export interface TaskView {
  systemText: string;
  /** Text of the last message of the user. */
  lastUserText: string;
  /** Messages of the user and the assistant, this one included. */
  turnCount: number;
  toolCount: number;
  /** Whether the reply must match a schema. */
  hasOutputSchema: boolean;
  /** The schema as JSON text. */
  schemaText?: string;
  hasImages: boolean;
  /** UTF-16 code units of all messages. */
  textLength: number;
}

/** Hash buckets of terms, as a power of two. */
export const TASK_TERM_BITS = 12;
/** How much is read, in UTF-16 code units: of the first and the last paragraph of the user's text, of its middle, of the system text. */
const HEAD_CHARS_MAX = 320;
const TAIL_CHARS_MAX = 250;
const BODY_CHARS_MAX = 1000;
const SYSTEM_CHARS_MAX = 500;
const SCHEMA_CHARS_MAX = 4000;
/** A paragraph of up to this many UTF-16 code units reads as an instruction; a longer one is more likely what the instruction is about. */
const INSTRUCTION_CHARS_MAX = 250;
const PAYLOAD_WEIGHT = 0.15;
/** A first line shorter than this is a greeting or a heading: the instruction goes on in the next. */
const LINE_CHARS_MIN = 12;
/** Salts that set terms of the parts apart. */
const HEAD = 0x1b873593;
const TAIL = 0x38495ab5;
const SYSTEM = 0x561ccd1b;

const FORM_COUNT = 20;
/** Values before the hashed terms: cues of the user's text, cues of the system text, form. */
export const TASK_FEATURE_COUNT = 2 * CUE_COUNT + FORM_COUNT;

/** A request as the model sees it: dense values, and indexes of hashed terms, each part of unit length. */
export interface TaskFeatures {
  dense: Float64Array;
  terms: readonly { indexes: ReadonlySet<number>; value: number }[];
}

/** Reads the head and the tail, where instructions stand; what lies between is payload and only looked at for its form. */
export function taskFeatures(view: TaskView): TaskFeatures {
  const { head, tail, body } = partsOf(view.lastUserText);
  const system = view.systemText.slice(0, SYSTEM_CHARS_MAX);
  const asksAtHead = head.length <= INSTRUCTION_CHARS_MAX || tail === "";
  const headWeight = asksAtHead ? 1 : PAYLOAD_WEIGHT;
  const tailWeight = asksAtHead && tail.length > head.length ? PAYLOAD_WEIGHT : 1;
  const ask = tail === "" ? head : tail;
  const tailCues = cuesOf(tail);
  const [program, options, numbers] = signsOf(body);
  const schema = view.hasOutputSchema ? (view.schemaText ?? "").slice(0, SCHEMA_CHARS_MAX) : "";
  const properties = schema.match(/"type"\s*:/g)?.length ?? 0;
  const hasEnum = /"enum"\s*:/.test(schema);
  const length = view.lastUserText.length;
  const flag = (condition: boolean) => (condition ? 1 : 0);
  const dense = Float64Array.of(
    ...cuesOf(head).map((cue, at) => headWeight * cue + tailWeight * (tailCues[at] ?? 0)),
    ...cuesOf(system),
    program,
    options,
    numbers / 3,
    flag(/(?:answer|정답|답)\s*:\s*$/i.test(tail || head)),
    flag(view.hasOutputSchema),
    flag(hasEnum),
    flag(view.hasOutputSchema && properties > 3 && !hasEnum),
    flag(view.toolCount > 0),
    flag(view.toolCount > 3),
    flag(view.turnCount > 1),
    flag(view.turnCount > 4),
    flag(view.hasImages),
    flag(length < 40),
    flag(length < 100),
    flag(length > 300),
    Math.log2(1 + length) / 8,
    flag(/[?？]\s*$/.test(ask)),
    flag(body.includes("\n\n")),
    flag(system !== ""),
    flag(view.turnCount > 1 && length < 100),
  );
  return { dense, terms: [termsOf(head, HEAD, headWeight), termsOf(tail, TAIL, tailWeight), termsOf(system, SYSTEM, 1)] };
}

function termsOf(text: string, salt: number, weight: number) {
  const indexes = new Set<number>();
  addTerms(text, salt, TASK_TERM_BITS, indexes);
  return { indexes, value: weight / Math.sqrt(Math.max(1, indexes.size)) };
}

function partsOf(text: string) {
  const start = text.slice(0, BODY_CHARS_MAX).trimStart();
  const firstBreak = start.indexOf("\n", LINE_CHARS_MIN);
  const head = start.slice(0, Math.min(HEAD_CHARS_MAX, firstBreak < 0 ? start.length : firstBreak)).trimEnd();
  // Where the whole text is read as the head, nothing is left for a tail.
  const isShort = text.length <= BODY_CHARS_MAX;
  const end = (isShort ? start.slice(head.length) : text.slice(-TAIL_CHARS_MAX)).slice(-TAIL_CHARS_MAX).trim();
  const lastBreak = end.lastIndexOf("\n\n");
  return { head, tail: lastBreak < 0 ? end : end.slice(lastBreak + 2), body: start };
}
