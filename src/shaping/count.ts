import type { InferenceRequest, Turn } from "../inference";

/** Counts prompt tokens, exactly or by estimate. What it says of a turn must not depend on the other turns. */
export interface TokenCounter {
  turn(turn: Turn): number;
  /** Everything beside the turns: tools, output schema, what the wire writes around them. */
  rest(request: InferenceRequest): number;
}

/** A counter made of one that counts whole requests. Counts each turn once, so make one for each request. */
export function counterOf(count: (request: InferenceRequest) => number): TokenCounter {
  const known = new WeakMap<Turn, number>();
  const empty = (): InferenceRequest => ({ model: "", turns: [], sampling: {}, stream: false, streamUsage: false });
  let base: number | undefined;
  return {
    turn(turn) {
      base ??= count(empty());
      const tokens = known.get(turn) ?? Math.max(0, count({ ...empty(), turns: [turn] }) - base);
      known.set(turn, tokens);
      return tokens;
    },
    rest: (request) => count({ ...request, turns: [] }),
  };
}

/** Tokens of the whole prompt. */
export function countRequest(request: InferenceRequest, counter: TokenCounter): number {
  return request.turns.reduce((sum, turn) => sum + counter.turn(turn), counter.rest(request));
}
