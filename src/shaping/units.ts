import type { Turn } from "../inference";

/**
 * Turns that stay or go together, as a range `[start, end)` of the conversation.
 * `system`: a system turn. `opener`: what a user says of their own accord. `round`: what the assistant says (its reasoning, its calls),
 * the results of those calls, and the words that came along with the results.
 */
export interface Unit {
  kind: "system" | "opener" | "round";
  start: number;
  end: number;
}

/**
 * Cuts a conversation into its units. A call and its result are in one unit, also where other turns stand between them; assistant turns
 * that follow each other are one reply that was paused, and are in one unit too.
 */
export function unitsOf(turns: readonly Turn[]): Unit[] {
  const units: Unit[] = [];
  for (const [index, turn] of turns.entries()) {
    const last = units.at(-1);
    const before = turns[index - 1]?.role;
    const joins =
      last?.kind === "round" &&
      (turn.role === "tool" || (turn.role === "assistant" && before === "assistant") || (turn.role === "user" && before === "tool"));
    if (last && joins) last.end = index + 1;
    else units.push({ kind: kindOf(turn), start: index, end: index + 1 });
  }
  return joinPairs(units, turns);
}

function kindOf({ role }: Turn): Unit["kind"] {
  if (role === "system") return "system";
  return role === "user" ? "opener" : "round";
}

/** Joins units where one holds a call and a later one its result. */
function joinPairs(units: readonly Unit[], turns: readonly Turn[]): Unit[] {
  const unitOfCall = new Map<string, number>();
  const joined: Unit[] = [];
  for (const unit of units) {
    joined.push(unit);
    for (let index = unit.start; index < unit.end; index += 1) {
      for (const part of turns[index]?.parts ?? []) {
        if (part.type === "tool-call") unitOfCall.set(part.id, unit.start);
        const start = part.type === "tool-result" ? unitOfCall.get(part.callId) : undefined;
        if (start === undefined) continue;
        const first = joined.findLastIndex((candidate) => candidate.start <= start);
        const range = joined.splice(first);
        joined.push(range.reduce((one, next) => ({ kind: "round", start: one.start, end: next.end })));
      }
    }
  }
  return joined;
}

/** What a user said, perhaps in several turns, and everything that was done about it. Only the first exchange may lack its openers. */
export interface Exchange {
  openers: Unit[];
  rounds: Unit[];
}

/** The conversation's exchanges; system turns belong to none. */
export function exchangesOf(units: readonly Unit[]): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const unit of units) {
    if (unit.kind === "system") continue;
    const last = exchanges.at(-1);
    if (!last || (unit.kind === "opener" && last.rounds.length > 0)) exchanges.push({ openers: [], rounds: [] });
    const exchange = exchanges.at(-1);
    if (unit.kind === "opener") exchange?.openers.push(unit);
    else exchange?.rounds.push(unit);
  }
  return exchanges;
}
