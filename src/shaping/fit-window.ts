import type { InferenceRequest, Part, Turn } from "../inference";
import type { TokenCounter } from "./count";
import { type Exchange, exchangesOf, type Unit, unitsOf } from "./units";

/** The window moves in steps of this share of the limit: as long as it stands still, the provider's prompt cache finds its prefix again. */
const STEP_SHARE = 0.25;

export interface WindowOptions {
  /** Most input tokens, tools and everything included. */
  inputTokensMax: number;
  counter: TokenCounter;
  /** The first user turn stays: often it says what the whole conversation is about. */
  pinFirst?: boolean;
  /** Turns that stay besides. Those with a cache mark of the caller's always do: what is marked is meant to be sent again. */
  isPinned?: (turn: Turn) => boolean;
  /**
   * How many rounds of calls and results behind the last user turn stay at least, the latest ones. Absent: all of them, so that a long
   * run of an agent on one question may not fit.
   */
  lastRoundsMin?: number;
  /** The window moves in steps of about so many tokens; 1 leaves out no more than must be. Default: a quarter of the limit. */
  stepTokens?: number;
}

export interface LeftOut {
  turns: number;
  tokens: number;
  toolCalls: number;
  /** Where the turns stood, in the order in which they went, of which a longer conversation of the same beginning has the same beginning. */
  indexes: number[];
  /** How many of them were gone at each step of the window up to this one: where a shorter conversation of the same beginning was cut. */
  steps: number[];
}

/**
 * The request within its window. `whole`: it fits as it is. `trimmed`: the turns of `leftOut` are gone. `too-long`: what must stay is more
 * than the limit, and the request is as it came; `because` says what takes the room: the tools and system turns alone, or with them the
 * last user turn and what follows it, or the pinned turns besides.
 */
export type Fitted = { request: InferenceRequest; inputTokens: number } & (
  | { kind: "whole" }
  | { kind: "trimmed"; leftOut: LeftOut }
  | { kind: "too-long"; because: "system-and-tools" | "last-turns" | "pinned-turns" }
);

/**
 * A sliding window over the conversation: leaves out the oldest units (see `unitsOf`) until the rest fits. Stays: tools, system turns,
 * pinned turns, the last user turn and what follows it. A user turn stays as long as anything stays that answers it, so that the rest never
 * begins with the assistant; calls go with their results, reasoning with its turn. Applied again it changes nothing.
 */
export function fitWindow(request: InferenceRequest, options: WindowOptions): Fitted {
  const { inputTokensMax, counter } = options;
  const { turns } = request;
  const tokens = turns.map((turn) => counter.turn(turn));
  const rest = counter.rest(request);
  const total = tokens.reduce((sum, count) => sum + count, rest);
  if (total <= inputTokensMax) return { kind: "whole", request, inputTokens: total };

  const exchanges = exchangesOf(unitsOf(turns));
  const kept = keptUnits(turns, exchanges, options);
  const cuts = cutsOf(exchanges, kept, (index) => (turns[index]?.role === "system" ? 0 : (tokens[index] ?? 0)));
  const steps = stepsOf(cuts, stepOf(options));
  const cut = chooseCut(cuts, steps, total - inputTokensMax);
  if (!cut) return { kind: "too-long", request, inputTokens: total, because: reasonOf(turns, exchanges, tokens, rest, options) };

  const indexes: number[] = [];
  const turnsGone = cuts.slice(0, cut.count).map(({ unit }) => {
    indexes.push(...indexesOf(unit).filter((index) => turns[index]?.role !== "system"));
    return indexes.length;
  });
  const gone = new Set(indexes);
  const toolCalls = indexes.reduce((sum, index) => sum + callsIn(turns[index]), 0);
  return {
    kind: "trimmed",
    request: { ...request, turns: turns.filter((_turn, index) => !gone.has(index)) },
    inputTokens: total - cut.tokens,
    leftOut: {
      turns: indexes.length,
      tokens: cut.tokens,
      toolCalls,
      indexes,
      steps: [...steps.filter((count) => count < cut.count), cut.count].map((count) => turnsGone[count - 1] ?? 0),
    },
  };
}

/** One more unit that may go: how many tokens are gone with it and those before it, and whether a cut may be made behind it. */
interface Cut {
  unit: Unit;
  tokens: number;
  isPossible: boolean;
}

/** The units that may go, in the order in which they go: the rounds of an exchange, and with the last of them what they answer. */
function cutsOf(exchanges: readonly Exchange[], kept: ReadonlySet<Unit>, tokensAt: (index: number) => number): Cut[] {
  const cuts: Cut[] = [];
  let tokens = 0;
  const add = (unit: Unit, isPossible: boolean): void => {
    tokens += indexesOf(unit).reduce((sum, index) => sum + tokensAt(index), 0);
    cuts.push({ unit, tokens, isPossible });
  };
  for (const { openers, rounds } of exchanges) {
    const going = rounds.filter((round) => !kept.has(round));
    const last = going.at(-1);
    const goers = going.length < rounds.length ? [] : openers.filter((opener) => !kept.has(opener));
    // Rounds that nobody opened, at the beginning, go all or not at all: no conversation may begin with the assistant.
    if (openers.length === 0 && going.length < rounds.length) continue;
    for (const round of going) add(round, openers.length > 0 ? round !== last || goers.length === 0 : round === last);
    for (const opener of goers) add(opener, opener === goers.at(-1) || rounds.length === 0);
  }
  return cuts;
}

/**
 * How many units are gone where a step of the window ends. Steps are counted from the beginning of the conversation, which stays as it is
 * while the conversation grows.
 */
function stepsOf(cuts: readonly Cut[], step: number): number[] {
  const possible = cuts.flatMap(({ tokens, isPossible }, at) => (isPossible ? [{ count: at + 1, tokens }] : []));
  return possible.flatMap(({ count, tokens }, at) => {
    const next = possible[at + 1];
    return next && Math.floor(tokens / step) < Math.floor(next.tokens / step) ? [count] : [];
  });
}

/** The first cut that frees `tokensMin`, moved on to the end of a step where one is left, so that the window stands still for many turns. */
function chooseCut(cuts: readonly Cut[], steps: readonly number[], tokensMin: number): { count: number; tokens: number } | undefined {
  const first = cuts.findIndex(({ tokens, isPossible }) => isPossible && tokens >= tokensMin) + 1;
  if (first === 0) return undefined;
  const count = steps.find((end) => end >= first) ?? first;
  return { count, tokens: cuts[count - 1]?.tokens ?? 0 };
}

function stepOf({ inputTokensMax, stepTokens }: WindowOptions): number {
  return Math.max(1, stepTokens ?? Math.floor(inputTokensMax * STEP_SHARE));
}

/** Units that stay whatever they cost. */
function keptUnits(turns: readonly Turn[], exchanges: readonly Exchange[], options: WindowOptions): Set<Unit> {
  const lastUser = turns.findLastIndex(({ role }) => role === "user");
  const units = exchanges.flatMap(({ openers, rounds }) => [...openers, ...rounds]);
  const following = units.filter(({ kind, start }) => kind === "round" && start > lastUser);
  const followingKept = options.lastRoundsMin === undefined ? following : following.slice(-Math.max(1, options.lastRoundsMin));
  const kept = new Set<Unit>(followingKept);
  for (const unit of units) {
    const isLast = lastUser < 0 || (unit.start <= lastUser && lastUser < unit.end);
    if (isLast || indexesOf(unit).some((index) => isPinned(turns[index], options))) kept.add(unit);
  }
  const first = exchanges.find(({ openers }) => openers.length > 0)?.openers[0];
  if (options.pinFirst && first) kept.add(first);
  for (const { openers, rounds } of exchanges) {
    if (rounds.some((round) => kept.has(round))) for (const opener of openers) kept.add(opener);
  }
  return kept;
}

function isPinned(turn: Turn | undefined, options: WindowOptions): boolean {
  if (!turn) return false;
  return options.isPinned?.(turn) === true || turn.parts.some(isMarked);
}

function isMarked(part: Part): boolean {
  if (part.type === "tool-result" && part.content.some(isMarked)) return true;
  return "cacheHint" in part && part.cacheHint !== undefined;
}

function reasonOf(
  turns: readonly Turn[],
  exchanges: readonly Exchange[],
  tokens: readonly number[],
  rest: number,
  options: WindowOptions,
): "system-and-tools" | "last-turns" | "pinned-turns" {
  const { inputTokensMax, lastRoundsMin } = options;
  const system = turns.reduce((sum, { role }, index) => (role === "system" ? sum + (tokens[index] ?? 0) : sum), rest);
  if (system > inputTokensMax) return "system-and-tools";
  const unmarked = turns.map((turn): Turn => ({ ...turn, parts: [] }));
  const last = keptUnits(unmarked, exchanges, {
    inputTokensMax,
    counter: options.counter,
    ...(lastRoundsMin === undefined ? {} : { lastRoundsMin }),
  });
  const lastTokens = [...last]
    .flatMap(indexesOf)
    .reduce((sum, index) => (turns[index]?.role === "system" ? sum : sum + (tokens[index] ?? 0)), 0);
  return system + lastTokens > inputTokensMax ? "last-turns" : "pinned-turns";
}

function indexesOf({ start, end }: Unit): number[] {
  return Array.from({ length: end - start }, (_, offset) => start + offset);
}

function callsIn(turn: Turn | undefined): number {
  return turn?.parts.filter(({ type }) => type === "tool-call").length ?? 0;
}
