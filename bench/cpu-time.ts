import fs from "node:fs";

/** Ticks of /proc/PID/stat per second, the same on every Linux. */
const TICKS_PER_SECOND = 100;
/** Two ways to count the same time may differ by their resolution; by more, and a thread has ended in between. */
const DISAGREEMENT_MS_MAX = 25;
/** Length of the loop that shows how fast the machine is at the moment. */
const SPIN_STEPS = 2_000_000;

/** CPU time that a process has used until now, in milliseconds, counted in two ways. */
export interface CpuReading {
  /** Of the whole process, in steps of 10 ms. */
  coarseMs: number;
  /** Sum over its living threads, exact. */
  fineMs: number;
}

/** Reads a process's CPU time; null where there is no /proc, or no such process. */
export function readCpu(pid: number): CpuReading | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === "") return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const coarseMs = ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
  let fineMs = 0;
  for (const thread of list(`/proc/${pid}/task`)) fineMs += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]) / 1e6;
  return { coarseMs, fineMs };
}

/** CPU milliseconds between two readings: the exact count, unless a thread took its share along when it ended. */
export function cpuBetween(before: CpuReading | null, after: CpuReading | null): number | null {
  if (!before || !after) return null;
  const coarseMs = after.coarseMs - before.coarseMs;
  const fineMs = after.fineMs - before.fineMs;
  return Math.abs(coarseMs - fineMs) <= DISAGREEMENT_MS_MAX ? fineMs : coarseMs;
}

/** The process called `name` among the descendants of `pid`; undefined where there is none. */
export function findDescendant(pid: number, name: string): number | undefined {
  for (const thread of list(`/proc/${pid}/task`)) {
    for (const child of read(`/proc/${pid}/task/${thread}/children`).trim().split(/\s+/)) {
      if (child === "") continue;
      const found = read(`/proc/${child}/comm`).trim() === name ? Number(child) : findDescendant(Number(child), name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Milliseconds that a fixed loop takes right now, best of three: runs made while a neighbour was busy are known by it. */
export function spinMs(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = process.hrtime.bigint();
    let sum = 0;
    for (let step = 0; step < SPIN_STEPS; step++) sum += step % 7;
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    if (sum > 0 && ms < best) best = ms;
  }
  return best;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    // The process has ended, or there is no /proc: an empty reading says so.
    return "";
  }
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    // As above.
    return [];
  }
}
