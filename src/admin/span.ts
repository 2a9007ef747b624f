import * as z from "zod";
import { badRequest } from "../core/errors";
import type { UsageFilter } from "../metering";
import { endTimeSchema, timeSchema } from "./time";

const DAYS_DEFAULT = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of other data centers may be a little ahead. */
const AHEAD_MS = 60 * 1000;

/** Query parameters that say which rows are meant. */
export const spanFields = {
  from: timeSchema.optional(),
  to: endTimeSchema.optional(),
  key: z.string().min(1, "expected a key id").max(64, "expected a key id").optional(),
};

/** The rows meant: by default those of the last 30 days. `from` is included, `to` is not, except that a plain date includes its day. */
export function readSpan(
  query: { from?: number | undefined; to?: number | undefined; key?: string | undefined },
  nowMs: number,
): UsageFilter {
  const toMs = query.to ?? nowMs + AHEAD_MS;
  const fromMs = query.from ?? toMs - DAYS_DEFAULT * DAY_MS;
  if (fromMs >= toMs) throw badRequest("from", "`from` must be earlier than `to`.", "invalid_value");
  return { fromMs, toMs, ...(query.key === undefined ? {} : { keyId: query.key }) };
}
