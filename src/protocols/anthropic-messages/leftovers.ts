import type { Extensions, JsonObject, JsonValue } from "../../inference";
import { PROTOCOL } from "./wire";

/** The fields of `object` that the neutral form has no place for; undefined when there are none. */
export function leftoverFields(object: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let leftovers: [string, JsonValue | undefined][] | undefined;
  for (const key in object) {
    if (known.has(key)) continue;
    leftovers ??= [];
    leftovers.push([key, object[key]]);
  }
  // Built from entries, so that a field called `__proto__` stays a field.
  return leftovers && Object.fromEntries(leftovers);
}

/** As a spreadable member: `{ extensions }` when there is something to keep, else nothing. */
export function keep(leftovers: JsonObject | undefined): { extensions?: Extensions } {
  return leftovers ? { extensions: { [PROTOCOL]: leftovers } } : {};
}

/** What `keep` kept. */
export function kept(carrier: { extensions?: Extensions }): JsonObject | undefined {
  return carrier.extensions?.[PROTOCOL];
}
