import { sha256Hex } from "../../core/hash";
import type { JsonText } from "../../core/json";
import type { InferenceRequest, JsonObject } from "../../inference";

/** Hex digits of the hash that are sent: enough to keep prefixes apart, and below the 64 characters that the field takes. */
const KEY_DIGITS = 32;

/**
 * `prompt_cache_key`, by which the provider sends requests of one prefix to the machine that has it cached. The same for the same tenant and
 * prefix; tells neither. https://platform.openai.com/docs/guides/prompt-caching
 */
export async function promptCacheKey(tenant: string, prefix: string): Promise<string> {
  const hash = await sha256Hex(JSON.stringify([tenant, prefix]));
  return `sluice-${hash.slice(0, KEY_DIGITS)}`;
}

/** The request with the key, for the encoder to write, unless the caller set one. */
export function withPromptCacheKey(request: InferenceRequest, key: string): InferenceRequest {
  const own = request.extensions?.["openai-chat"] ?? {};
  if (own.prompt_cache_key !== undefined && own.prompt_cache_key !== null) return request;
  return { ...request, extensions: { ...request.extensions, "openai-chat": { ...own, prompt_cache_key: key } } };
}

/** The same for the body's text, as an edit for `replaceSpans`; none where the caller set a key. `null` is no key. */
export function promptCacheKeyEdits(
  { value, members }: JsonText<JsonObject>,
  key: string,
): { start: number; end: number; replacement: string }[] {
  const written = members.get("prompt_cache_key");
  if (written) return value.prompt_cache_key === null ? [{ start: written.start, end: written.end, replacement: JSON.stringify(key) }] : [];
  const first = Math.min(...[...members.values()].map(({ keyStart }) => keyStart));
  return Number.isFinite(first) ? [{ start: first, end: first, replacement: `"prompt_cache_key":${JSON.stringify(key)},` }] : [];
}
