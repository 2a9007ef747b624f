import * as z from "zod";

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
/** Larger figures are milliseconds by mistake: this many seconds is the year 5138. */
const SECONDS_MAX = 1e11;
const EXPECTED = 'expected an ISO 8601 date ("2026-12-31"), a date and time with its zone ("2026-12-31T18:00:00Z"), or Unix seconds';

/** A time as operators write it → Unix milliseconds. A plain date is its midnight in UTC. */
export const timeSchema = timeAt(0);

/** The same for the end of a span: a plain date is the midnight after it, so that the day itself is within. */
export const endTimeSchema = timeAt(24 * 60 * 60 * 1000);

function timeAt(dateOffsetMs: number) {
  return z.union([z.string(), z.number()], EXPECTED).transform((value, context) => {
    const atMs = readTime(value, dateOffsetMs);
    if (atMs !== null) return atMs;
    context.addIssue({ code: "custom", message: EXPECTED });
    return z.NEVER;
  });
}

function readTime(value: string | number, dateOffsetMs: number): number | null {
  const seconds = typeof value === "number" ? value : /^\d{1,12}(\.\d{1,6})?$/.test(value) ? Number(value) : null;
  if (seconds !== null) return seconds >= 0 && seconds < SECONDS_MAX ? Math.round(seconds * 1000) : null;
  const text = String(value);
  if (DATE.test(text)) {
    const midnight = new Date(`${text}T00:00:00Z`);
    // Days that a month does not have roll over into the next one.
    return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text) ? midnight.getTime() + dateOffsetMs : null;
  }
  const atMs = DATE_TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : atMs;
}
