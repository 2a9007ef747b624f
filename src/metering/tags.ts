import { badRequest } from "../core/errors";

const TAGS_MAX = 16;
const NAME_CHARS_MAX = 64;
const VALUE_CHARS_MAX = 256;
const HEADER_CHARS_MAX = 4096;

/** Reads `x-sluice-tags`: a JSON object of strings. Throws `bad-request` naming the header; absent is no tags. */
export function readTags(headers: Headers): Record<string, string> {
  const text = headers.get("x-sluice-tags");
  if (text === null || text.trim() === "") return {};
  const fault = tagsFault(text);
  if (fault !== null) throw badRequest("x-sluice-tags", `The header \`x-sluice-tags\` ${fault}.`, "invalid_header");
  // Checked above: an object whose values are strings.
  return JSON.parse(text) as Record<string, string>;
}

/** The labels of a usage row: those of the request, and over them those that the operator gave to the key. */
export function mergeTags(keyTags: Record<string, string> | undefined, requestTags: Record<string, string>): Record<string, string> {
  return { ...requestTags, ...keyTags };
}

function tagsFault(text: string): string | null {
  if (text.length > HEADER_CHARS_MAX) return `is longer than ${HEADER_CHARS_MAX} characters`;
  let tags: unknown;
  try {
    tags = JSON.parse(text);
  } catch {
    return 'is not valid JSON; send an object of strings, for example {"team":"search"}';
  }
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) return "must be a JSON object of strings";
  const entries = Object.entries(tags);
  if (entries.length > TAGS_MAX) return `holds more than ${TAGS_MAX} tags`;
  for (const [name, value] of entries) {
    if (name === "" || name.length > NAME_CHARS_MAX) return `holds a tag name that is empty or longer than ${NAME_CHARS_MAX} characters`;
    if (typeof value !== "string") return "holds a value that is not a string";
    if (value.length > VALUE_CHARS_MAX) return `holds a value longer than ${VALUE_CHARS_MAX} characters`;
  }
  return null;
}
