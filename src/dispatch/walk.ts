import type { FailoverPolicy } from "../config";

/** Most deployments that are asked at the same time, hedges included: a Worker may wait for the headers of six. */
const BESIDE_MAX = 3;

/** One deployment of the chain, as the walk sees it. */
export interface Candidate {
  state: "idle" | "running" | "out";
  /** Not to be asked before this moment: its provider said so. */
  notBeforeMs: number;
}

/** A walk along the chain: who is asked when. Plain data; the functions below return a new one. Times in Unix milliseconds. */
export interface Walk {
  candidates: readonly Candidate[];
  /** Visits in order; who is of one round is asked without waiting, one after the other. */
  visits: readonly { candidate: number; round: number; pauseBefore: boolean }[];
  /** Index of the next visit. */
  next: number;
  /** When the last attempt was started, and when the last one ended. */
  startedAtMs: number;
  endedAtMs: number;
}

export type Step =
  | { do: "start"; candidate: number; beside: boolean }
  /** Until something happens, at the latest until then. */
  | { do: "wait"; untilMs: number }
  /** Nobody is left to ask in time. `retryAtMs` is when asking again makes sense. */
  | { do: "give-up"; retryAtMs: number | undefined };

/** What the decision rests on beside the walk itself. */
export interface Pace {
  /** Silence of the one asked last after which the next is asked as well. */
  besideAfterMs: number;
  /** Wait before a round ≥ 1, in milliseconds, jitter included. */
  backoffMs: (round: number) => number;
  /** Nobody waits longer than this before a round. */
  waitMsMax: number;
  /** The request's end. */
  deadlineMs: number;
}

/** A walk that has not begun. */
export function beginWalk(count: number, { failover, retry }: Pick<FailoverPolicy, "failover" | "retry">, nowMs: number): Walk {
  const all = Array.from({ length: count }, (_, candidate) => candidate);
  const rounds = Array.from({ length: retry.roundsMax + 1 }, (_, round) => round);
  const visit = (candidate: number, round: number) => ({ candidate, round, pauseBefore: round > 0 });
  const visits =
    failover === "walk-first"
      ? rounds.flatMap((round) => all.map((candidate) => visit(candidate, round)))
      : [
          ...rounds.map((round) => visit(0, round)),
          ...all.slice(1).map((candidate) => ({ candidate, round: rounds.length, pauseBefore: false })),
        ];
  return { candidates: all.map(() => ({ state: "idle", notBeforeMs: 0 })), visits, next: 0, startedAtMs: nowMs, endedAtMs: nowMs };
}

/** What to do now. Pure. */
export function nextStep(walk: Walk, nowMs: number, pace: Pace): Step {
  if (nowMs >= pace.deadlineMs) return { do: "give-up", retryAtMs: undefined };
  const isRunning = walk.candidates.some(({ state }) => state === "running");
  const visit = nextVisit(walk, nowMs);
  if (isRunning) return stepBeside(walk, visit, nowMs, pace);
  if (visit && visit.round === roundBefore(walk)) return { do: "start", candidate: visit.candidate, beside: false };
  return stepToNextRound(walk, nowMs, pace);
}

/** While somebody is being asked: the next one beside it, once it was silent for too long. */
function stepBeside(walk: Walk, visit: Visit | undefined, nowMs: number, pace: Pace): Step {
  const running = walk.candidates.filter(({ state }) => state === "running").length;
  const isNext = visit !== undefined && visit.round === roundBefore(walk) && running < BESIDE_MAX;
  const besideAtMs = walk.startedAtMs + pace.besideAfterMs;
  if (isNext && nowMs >= besideAtMs) return { do: "start", candidate: visit.candidate, beside: true };
  return { do: "wait", untilMs: isNext ? Math.min(besideAtMs, pace.deadlineMs) : pace.deadlineMs };
}

/** Nobody can be asked at once: wait for the next round, or for a deployment of this one that may be asked again sooner. */
function stepToNextRound(walk: Walk, nowMs: number, pace: Pace): Step {
  const left = walk.visits.slice(walk.next).filter(({ candidate }) => walk.candidates[candidate]?.state === "idle");
  const current = roundBefore(walk);
  const following = left.find(({ round }) => round !== current)?.round;
  const openings = left
    .filter(({ round }) => round === current || round === following)
    .map(({ candidate, round, pauseBefore }) => {
      const pausedUntilMs = round === current || !pauseBefore ? nowMs : walk.endedAtMs + pace.backoffMs(round);
      return { candidate, atMs: Math.max(pausedUntilMs, notBefore(walk, candidate)) };
    });
  const first = openings.reduce<(typeof openings)[number] | undefined>(
    (best, one) => (best && best.atMs <= one.atMs ? best : one),
    undefined,
  );
  if (!first) return { do: "give-up", retryAtMs: soonest(walk) };
  if (first.atMs - nowMs > pace.waitMsMax || first.atMs >= pace.deadlineMs) return { do: "give-up", retryAtMs: first.atMs };
  if (first.atMs > nowMs) return { do: "wait", untilMs: first.atMs };
  return { do: "start", candidate: first.candidate, beside: false };
}

type Visit = Walk["visits"][number];

/** The next visit whose deployment may be asked now. */
function nextVisit(walk: Walk, nowMs: number): Visit | undefined {
  return walk.visits
    .slice(walk.next)
    .find(({ candidate }) => walk.candidates[candidate]?.state === "idle" && notBefore(walk, candidate) <= nowMs);
}

/** The round of the visit made last; 0 before the first. */
function roundBefore(walk: Walk): number {
  return walk.visits[walk.next - 1]?.round ?? 0;
}

function notBefore(walk: Walk, candidate: number): number {
  return walk.candidates[candidate]?.notBeforeMs ?? 0;
}

function soonest(walk: Walk): number | undefined {
  const times = walk.candidates.filter(({ state }) => state !== "out").map(({ notBeforeMs }) => notBeforeMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The deployment is being asked. */
export function started(walk: Walk, candidate: number, nowMs: number): Walk {
  const at = walk.visits.findIndex((visit, index) => index >= walk.next && visit.candidate === candidate);
  return { ...changed(walk, candidate, { state: "running" }), next: at + 1, startedAtMs: nowMs };
}

/** It failed or was passed over; `notBeforeMs` absent: for good. */
export function ended(walk: Walk, candidate: number, nowMs: number, notBeforeMs?: number): Walk {
  const after = changed(walk, candidate, notBeforeMs === undefined ? { state: "out" } : { state: "idle", notBeforeMs });
  return { ...after, endedAtMs: nowMs };
}

function changed(walk: Walk, candidate: number, change: Partial<Candidate>): Walk {
  return { ...walk, candidates: walk.candidates.map((held, at) => (at === candidate ? { ...held, ...change } : held)) };
}
