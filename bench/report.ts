import type { LoadResult } from "./load.ts";
import type { Scenario } from "./scenarios.ts";
import { median, spread } from "./statistics.ts";

/** Runs made while a fixed loop took this much longer than at its best are left out. */
const SLOWDOWN_MAX = 1.25;
/** But never so many that fewer than this remain. */
const RUNS_MIN = 3;

/** Results by scenario id, then contender, then round. */
export type Results = Record<string, Record<string, (LoadResult | null)[]>>;

/** What a run is boiled down to; null where it does not apply. */
interface Figures {
  cpuUs: number | null;
  laterUs: number | null;
  eventUs: number | null;
  ttfbMs: number | null;
  totalMs: number | null;
  rps: number;
  delayMs: number | null;
  delayP99Ms: number | null;
}

export interface Ratio {
  median: number | null;
  spread: number | null;
  rounds: number;
}

/** One scenario's figures of a contender, and their multiples of the baseline's. */
export interface Summary {
  absolute: Record<keyof Figures, number | null>;
  ratios: Record<"cpu" | "ttfb" | "rps" | "delayP99", Ratio>;
}

function figuresOf(run: LoadResult): Figures {
  const perRequest = (ms: number | null): number | null => (ms === null || run.requests === 0 ? null : (ms * 1e3) / run.requests);
  return {
    cpuUs: perRequest(run.cpuMs),
    laterUs: perRequest(run.laterCpuMs),
    eventUs: run.cpuMs === null || run.events === 0 ? null : (run.cpuMs * 1e3) / run.events,
    ttfbMs: run.ttfbMs.p50,
    totalMs: run.totalMs.p50,
    rps: run.rps,
    delayMs: run.delayMs.p50,
    delayP99Ms: run.delayMs.p99,
  };
}

/** Medians of a contender over the calm runs, and of its ratios to the baseline within a round. */
export function summarize(results: Results, scenario: string, name: string, baseline: string): Summary | null {
  const runs = results[scenario]?.[name] ?? [];
  const baseRuns = results[scenario]?.[baseline] ?? [];
  if (!runs.some(Boolean)) return null;
  const best = Math.min(...allRuns(results).map((run) => run.spinMs));
  const calm = keepCalm(
    runs.filter((run) => run !== null),
    (run) => run.spinMs,
    best,
  ).map(figuresOf);
  const pairs = runs.flatMap((run, round) => {
    const base = baseRuns[round];
    return run && base ? [{ spinMs: Math.max(run.spinMs, base.spinMs), of: figuresOf(run), base: figuresOf(base) }] : [];
  });
  const calmPairs = keepCalm(pairs, (pair) => pair.spinMs, best);
  const ratio = (key: keyof Figures): Ratio => {
    const values = calmPairs.map(({ of, base }) => divide(of[key], base[key]));
    return { median: median(values), spread: spread(values), rounds: values.filter((value) => value !== null).length };
  };
  const middle = (key: keyof Figures) => median(calm.map((figures) => figures[key]));
  return {
    absolute: {
      cpuUs: middle("cpuUs"),
      // Taken in some rounds only, so that they are few: all of them count.
      laterUs: median(runs.map((run) => run && figuresOf(run).laterUs)),
      eventUs: middle("eventUs"),
      ttfbMs: middle("ttfbMs"),
      totalMs: middle("totalMs"),
      rps: middle("rps"),
      delayMs: middle("delayMs"),
      delayP99Ms: middle("delayP99Ms"),
    },
    ratios: { cpu: ratio("cpuUs"), ttfb: ratio("ttfbMs"), rps: ratio("rps"), delayP99: ratio("delayP99Ms") },
  };
}

/** Both tables, as Markdown. */
export function renderReport(results: Results, scenarios: readonly Scenario[], names: readonly string[], baseline: string): string {
  const ratioRows: string[][] = [];
  const absoluteRows: string[][] = [];
  for (const { id, events, bars } of scenarios) {
    for (const name of names) {
      const summary = summarize(results, id, name, baseline);
      if (!summary) continue;
      const { absolute, ratios } = summary;
      if (name !== baseline) {
        const shown = name === "direct" ? { ...ratios, cpu: { median: null, spread: null, rounds: 0 } } : ratios;
        const cells = [
          withBar(shown.cpu, name === "gateway" ? bars.cpu : undefined),
          withBar(shown.ttfb, name === "gateway" ? bars.ttfb : undefined),
          withBar(shown.rps),
          events === undefined ? "" : withBar(shown.delayP99, name === "gateway" ? bars.delayP99 : undefined),
        ];
        ratioRows.push([id, name, ...cells, String(ratios.rps.rounds)]);
      }
      absoluteRows.push([
        id,
        name,
        number(absolute.cpuUs, 0),
        number(absolute.laterUs, 0),
        number(absolute.eventUs, 1),
        number(absolute.ttfbMs, 2),
        number(absolute.totalMs, 2),
        number(absolute.rps, 0),
        events === undefined ? "" : `${number(absolute.delayMs, 2)} / ${number(absolute.delayP99Ms, 1)}`,
      ]);
    }
  }
  const runs = allRuns(results);
  const best = Math.min(...runs.map((run) => run.spinMs));
  const calm = runs.filter((run) => run.spinMs <= best * SLOWDOWN_MAX).length;
  return [
    scenarios.map(({ id, what }) => `${id.padEnd(4)} ${what}`).join("\n"),
    `Multiples of \`${baseline}\`: medians of the ratios within a round, ± their median deviation; (≤ bar).`,
    table(["", "", "CPU per request", "TTFB", "throughput", "event delay p99", "rounds"], ratioRows),
    `Absolute medians. ${calm} of ${runs.length} runs were at full machine speed.`,
    table(
      ["", "", "CPU µs/request", "later µs/request", "CPU µs/event", "TTFB ms", "total ms", "requests/s", "event delay ms p50 / p99"],
      absoluteRows,
    ),
  ].join("\n\n");
}

function allRuns(results: Results): LoadResult[] {
  return Object.values(results).flatMap((byName) => Object.values(byName).flatMap((runs) => runs.filter((run) => run !== null)));
}

/** Those measured at full machine speed, or else the calmest few. */
function keepCalm<Run>(runs: readonly Run[], spinMsOf: (run: Run) => number, bestMs: number): Run[] {
  const sorted = [...runs].sort((a, b) => spinMsOf(a) - spinMsOf(b));
  const calm = sorted.filter((run) => spinMsOf(run) <= bestMs * SLOWDOWN_MAX);
  return calm.length >= RUNS_MIN ? calm : sorted.slice(0, RUNS_MIN);
}

function divide(of: number | null, base: number | null): number | null {
  return of === null || base === null || base === 0 ? null : of / base;
}

function withBar(ratio: Ratio, bar?: number): string {
  if (ratio.median === null) return "–";
  const deviation = ratio.spread === null ? "" : ` ±${Math.round(ratio.spread * 100)}%`;
  const limit = bar === undefined ? "" : ratio.median <= bar ? ` (≤ ${bar})` : ` (**over ${bar}**)`;
  return `${ratio.median.toFixed(2)}${deviation}${limit}`;
}

function number(value: number | null, digits: number): string {
  return value === null ? "–" : value.toFixed(digits);
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column < 2 ? `${"-".repeat(width + 2)}` : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}
