import type { Scenario } from "./scenario";

/** A directive that cannot be read; the message says which and why. Answered with 400. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

const MS_MAX = 600_000;
const COUNT_MAX = 1_000_000;

type Reader = (value: string, name: string) => Partial<Scenario>;

const count =
  (set: (n: number) => Partial<Scenario>, max = COUNT_MAX, min = 0): Reader =>
  (value, name) => {
    const n = Number(value);
    if (value === "" || !Number.isInteger(n) || n < min || n > max) {
      throw new ScenarioError(`${name} must be a whole number from ${min} to ${max}, got "${value}"`);
    }
    return set(n);
  };

const flag =
  (set: () => Partial<Scenario>): Reader =>
  (value, name) => {
    if (value === "0") return {};
    if (value !== "" && value !== "1") throw new ScenarioError(`${name} takes no value, got "${value}"`);
    return set();
  };

const text =
  (set: (value: string) => Partial<Scenario>): Reader =>
  (value, name) => {
    if (value === "") throw new ScenarioError(`${name} needs a value`);
    return set(value);
  };

const DIRECTIVES: Record<string, Reader> = {
  status: count((status) => ({ status }), 599, 400),
  code: text((code) => ({ code })),
  "retry-after": count((retryAfterSeconds) => ({ retryAfterSeconds })),
  "retry-after-ms": count((retryAfterMs) => ({ retryAfterMs })),
  "retry-after-date": count((retryAfterDateSeconds) => ({ retryAfterDateSeconds })),
  "header-delay": count((headerDelayMs) => ({ headerDelayMs }), MS_MAX),
  "first-token": count((firstTokenMs) => ({ firstTokenMs }), MS_MAX),
  // At once: without a pause before the first token either, unless `first-token` comes after it.
  delay: count((delayMs) => (delayMs === 0 ? { delayMs, firstTokenMs: 0 } : { delayMs }), MS_MAX),
  stall: count((stall) => ({ stall })),
  cut: count((cut) => ({ cut })),
  "cut-clean": count((cut) => ({ cut, cleanEnd: true })),
  "cut-inside": count((cutInside) => ({ cutInside }), COUNT_MAX, 1),
  "cut-rune": count((cutRune) => ({ cutRune }), COUNT_MAX, 1),
  clean: flag(() => ({ cleanEnd: true })),
  malformed: count((malformed) => ({ malformed }), COUNT_MAX, 1),
  "error-first": flag(() => ({ errorAt: 0 })),
  "error-at": count((errorAt) => ({ errorAt })),
  "error-status": count((errorStatus) => ({ errorStatus }), 599, 400),
  "no-usage": flag(() => ({ noUsage: true })),
  "no-terminal": flag(() => ({ noTerminal: true })),
  "no-finish": flag(() => ({ noFinish: true })),
  bytes: count((size) => ({ split: { kind: "bytes", size } }), 1 << 24, 1),
  split: readSplit,
  seed: count((seed) => ({ seed }), 2 ** 32 - 1),
  huge: count((hugeKb) => ({ hugeKb }), 32_768),
  tokens: count((tokens) => ({ tokens }), 200_000),
  empty: flag(() => ({ empty: true })),
  pings: count((pingsMs) => ({ pingsMs }), MS_MAX, 1),
  times: count((times) => ({ times })),
  key: text((key) => ({ key })),
  context: count((contextTokens) => ({ contextTokens }), 100_000_000),
  "cache-min": count((cacheMinTokens) => ({ cacheMinTokens })),
  lenient: flag(() => ({ lenient: true })),
  "batch-ms": count((batchMs) => ({ batchMs }), MS_MAX),
};

function readSplit(value: string): Partial<Scenario> {
  const random = /^random(?:\((\d+)\))?$/.exec(value);
  if (random !== null) return { split: { kind: "random" }, ...(random[1] === undefined ? {} : { seed: Number(random[1]) }) };
  if (value === "event" || value === "utf8") return { split: { kind: value } };
  const size = Number(value);
  if (Number.isInteger(size) && size > 0) return { split: { kind: "bytes", size } };
  throw new ScenarioError(`split must be event, utf8, random, random(seed) or a number of bytes, got "${value}"`);
}

/** Reads `status=429,retry-after=2`; `;` separates as well, and `case:<id>` may stand among the directives. */
export function parseDirectives(directives: string): Partial<Scenario> {
  let scenario: Partial<Scenario> = {};
  for (const part of directives.split(/[,;]/)) {
    const item = part.trim().replace(/^sim:/, "");
    if (item === "") continue;
    if (item.startsWith("case:")) {
      scenario.caseId = item.slice(5);
      continue;
    }
    const equals = item.indexOf("=");
    const name = equals < 0 ? item : item.slice(0, equals);
    const reader = isDirective(name) ? DIRECTIVES[name] : undefined;
    if (reader === undefined) throw new ScenarioError(`unknown directive "${name}"; known are ${Object.keys(DIRECTIVES).join(", ")}`);
    scenario = { ...scenario, ...reader(equals < 0 ? "" : item.slice(equals + 1), name) };
  }
  return scenario;
}

export function isDirective(name: string): boolean {
  return Object.hasOwn(DIRECTIVES, name);
}
