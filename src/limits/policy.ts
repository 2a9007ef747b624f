import * as z from "zod";

/** Amounts per stretch of time, and calls at the same time. Absent is unlimited. */
export interface RateLimits {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  requestsPerDay?: number;
  tokensPerDay?: number;
  concurrency?: number;
}

export const BUDGET_WINDOWS = ["day", "month", "total"] as const;
export type BudgetWindow = (typeof BUDGET_WINDOWS)[number];

/** Money per calendar window. */
export interface Budget {
  window: BudgetWindow;
  limitNanoUsd: number;
  /** IANA name; the calendar that days and months are counted by. */
  timeZone: string;
  /** Share of the limit from which replies carry a warning. */
  softRatio: number;
  /** Beyond the soft threshold: say so, or plan the cheapest deployments first. */
  onSoft: "warn" | "degrade";
  /** Told once per window when the soft threshold is crossed. */
  webhook?: string;
}

const AMOUNT_MAX = 1e15;
const USD_MAX = 1e6;
const NANO = 1e9;
const count = z.number("expected a number").positive("expected a number above 0; `disabled` switches a key off").max(AMOUNT_MAX);

/** Names under which operators of other gateways know the same limits. */
const RATE_NAMES = {
  requestsPerMinute: ["requestsPerMinute", "requests_per_minute", "rpm"],
  tokensPerMinute: ["tokensPerMinute", "tokens_per_minute", "tpm"],
  requestsPerDay: ["requestsPerDay", "requests_per_day", "rpd"],
  tokensPerDay: ["tokensPerDay", "tokens_per_day", "tpd"],
  concurrency: ["concurrency", "maxConcurrency", "max_concurrency", "max_parallel_requests"],
} as const satisfies Record<keyof RateLimits, readonly string[]>;

const rateFields = Object.values(RATE_NAMES)
  .flat()
  .map((name) => [name, count.optional()] as const);

/** `{requestsPerMinute, tokensPerMinute, requestsPerDay, tokensPerDay, concurrency}`; also `rpm`, `tpm`, `rpd`, `tpd` and with underscores. */
export const rateLimitsSchema = z.strictObject(Object.fromEntries(rateFields)).transform((said): RateLimits => {
  const limits: RateLimits = {};
  for (const [name, names] of Object.entries(RATE_NAMES) as [keyof RateLimits, readonly string[]][]) {
    const amounts = names.flatMap((alias) => said[alias] ?? []);
    if (amounts.length > 0) limits[name] = Math.min(...amounts);
  }
  return limits;
});

const usd = z.number("expected an amount in US dollars").nonnegative("expected no negative amount").max(USD_MAX);
const WINDOW_NAMES = { day: ["day", "daily"], month: ["month", "monthly"], total: ["total", "lifetime"] } as const;
const windowName = z
  .enum(Object.values(WINDOW_NAMES).flat(), "expected day, month or total")
  .transform(
    (name): BudgetWindow => BUDGET_WINDOWS.find((window) => (WINDOW_NAMES[window] as readonly string[]).includes(name)) ?? "total",
  );

const timeZone = z.string().refine(isTimeZone, "expected an IANA time zone, such as Europe/Berlin");
const settings = {
  timeZone: timeZone.optional(),
  time_zone: timeZone.optional(),
  softRatio: z.number().positive().max(1).optional(),
  soft_ratio: z.number().positive().max(1).optional(),
  onSoft: z.enum(["warn", "degrade"]).optional(),
  on_soft: z.enum(["warn", "degrade"]).optional(),
  webhook: z.url({ protocol: /^https?$/, error: "expected an http(s) address" }).optional(),
};

const perWindow = z.strictObject({
  ...Object.fromEntries(
    Object.values(WINDOW_NAMES).flatMap((names) =>
      names.flatMap((name) => [
        [name, usd.optional()],
        [`${name}_usd`, usd.optional()],
      ]),
    ),
  ),
  ...settings,
});
const oneWindow = z.strictObject({
  usd: usd.optional(),
  limit_usd: usd.optional(),
  limitUsd: usd.optional(),
  max_usd: usd.optional(),
  amount: usd.optional(),
  limit: usd.optional(),
  per: windowName.optional(),
  window: windowName.optional(),
  period: windowName.optional(),
  ...settings,
});

/** A number is a total in US dollars; else `{day?, month?, total?}` or `{usd, per}`, or a list of those. */
export const budgetsSchema = z
  .union(
    [usd, perWindow, oneWindow, z.array(z.union([perWindow, oneWindow])).max(8)],
    "expected an amount in US dollars, {day?, month?, total?} or {usd, per}",
  )
  .transform((said): Budget[] => (Array.isArray(said) ? said : [said]).flatMap(budgetsOf));

type Said = number | z.output<typeof perWindow> | z.output<typeof oneWindow>;

function budgetsOf(said: Said): Budget[] {
  if (typeof said === "number") return [budget("total", said, {})];
  const fields: Record<string, unknown> = said;
  const amount = fields.usd ?? fields.limit_usd ?? fields.limitUsd ?? fields.max_usd ?? fields.amount ?? fields.limit;
  const window = fields.per ?? fields.window ?? fields.period ?? "total";
  const one = typeof amount === "number" ? [budget(window as BudgetWindow, amount, fields)] : []; // `windowName` made it one
  const several = BUDGET_WINDOWS.flatMap((name) =>
    WINDOW_NAMES[name]
      .flatMap((alias) => fields[alias] ?? fields[`${alias}_usd`] ?? [])
      .map((value) => budget(name, Number(value), fields)),
  );
  return [...one, ...several];
}

function budget(window: BudgetWindow, amountUsd: number, fields: Record<string, unknown>): Budget {
  const { webhook } = fields;
  return {
    window,
    limitNanoUsd: Math.round(amountUsd * NANO),
    timeZone: String(fields.timeZone ?? fields.time_zone ?? "UTC"),
    softRatio: Number(fields.softRatio ?? fields.soft_ratio ?? 0.8),
    onSoft: (fields.onSoft ?? fields.on_soft) === "degrade" ? "degrade" : "warn",
    ...(typeof webhook === "string" ? { webhook } : {}),
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
