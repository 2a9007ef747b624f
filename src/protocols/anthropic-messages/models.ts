import type { JsonObject } from "../../inference";

/** The wire wants a date for every model, and the gateway does not know when a vendor made one: the start of the list. */
const LISTED_AT = new Date(Date.UTC(2026, 0, 1)).toISOString();

/** https://platform.claude.com/docs/en/api/models */
export function encodeModel(id: string): JsonObject {
  return { type: "model", id, display_name: id, created_at: LISTED_AT };
}

/** One page holds all. https://platform.claude.com/docs/en/api/models-list */
export function encodeModelList(ids: readonly string[]): JsonObject {
  return { data: ids.map(encodeModel), has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}
