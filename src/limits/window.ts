import type { BudgetWindow } from "./policy";

const HOUR_MS = 3_600_000;
/** No month is longer, and no day, even one that clocks are set back in. */
const SPAN_MS = { day: 26 * HOUR_MS, month: 32 * 24 * HOUR_MS } as const;

/** The calendar window that a moment lies in, as its name: `2026-11-27`, `2026-11`, or `total`. */
export function windowKey(window: BudgetWindow, timeZone: string, atMs: number): string {
  if (window === "total") return "total";
  const day = timeZone === "UTC" ? new Date(atMs).toISOString().slice(0, 10) : dayIn(timeZone, atMs);
  return window === "month" ? day.slice(0, 7) : day;
}

/** `2026-11-27` by this zone's calendar. */
function dayIn(timeZone: string, atMs: number): string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
}

/** The first millisecond of the next window; null for a total, which never ends. Found by bisection, so that any calendar will do. */
export function windowEndMs(window: BudgetWindow, timeZone: string, atMs: number): number | null {
  if (window === "total") return null;
  const key = windowKey(window, timeZone, atMs);
  let [inside, outside] = [atMs, atMs + SPAN_MS[window]];
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (windowKey(window, timeZone, middle) === key) inside = middle;
    else outside = middle;
  }
  return outside;
}
