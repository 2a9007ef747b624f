/** A JSON value: what `JSON.parse` gives, with fields that are undefined left out. */
type Json = unknown;

/**
 * The value as text, the same for equal values whatever the order of their keys and the spelling of their numbers. Strings stay as they are: case and
 * white space count. Fields that are undefined do not exist. After RFC 8785 in all that matters for comparing.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, held]) => `${JSON.stringify(name)}:${canonicalJson(held)}`);
  return `{${fields.join(",")}}`;
}
