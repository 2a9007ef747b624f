import type { Extensions, JsonObject, JsonValue } from "../../inference";

const PROTOCOL = "openai-chat" as const;

/** The fields that nobody reads, nulls left out; undefined when there are none. */
export function leftoverFields(object: JsonObject, read: ReadonlySet<string>): JsonObject | undefined {
  let leftovers: [string, JsonValue][] | undefined;
  for (const key in object) {
    if (read.has(key)) continue;
    const value = object[key];
    if (value === null || value === undefined) continue;
    leftovers ??= [];
    leftovers.push([key, value]);
  }
  // Built from entries, so that a field called `__proto__` stays a field.
  return leftovers && Object.fromEntries(leftovers);
}

/** As a spreadable member: `{ extensions }` when there is something to keep, else nothing. */
export function keep(leftovers: JsonObject | undefined): { extensions?: Extensions } {
  return leftovers && Object.keys(leftovers).length > 0 ? { extensions: { [PROTOCOL]: leftovers } } : {};
}

/** What `keep` kept; empty when nothing was. */
export function kept(carrier: { extensions?: Extensions }): JsonObject {
  return carrier.extensions?.[PROTOCOL] ?? {};
}

/** True for a tool, a call or a result in the form before tools: `functions`, `function_call`, role `function`. */
export function isLegacy(carrier: { extensions?: Extensions }): boolean {
  return kept(carrier).legacy === true;
}
