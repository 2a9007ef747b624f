import type { JsonObject } from "../../inference";

/** The wire wants a date for every model, and the gateway does not know when a vendor made one: the start of the list. */
const LISTED_AT_SECONDS = Date.UTC(2026, 0, 1) / 1000;

/** https://platform.openai.com/docs/api-reference/models/object */
export function encodeModel(id: string): JsonObject {
  const slash = id.indexOf("/");
  return { id, object: "model", created: LISTED_AT_SECONDS, owned_by: slash > 0 ? id.slice(0, slash) : "sluice" };
}

/** https://platform.openai.com/docs/api-reference/models/list */
export function encodeModelList(ids: readonly string[]): JsonObject {
  return { object: "list", data: ids.map(encodeModel) };
}
