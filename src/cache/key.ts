import { canonicalJson } from "../core/canonical-json";
import { sha256Hex } from "../core/hash";
import type { InferenceRequest, JsonObject, Part, ProtocolId, Turn } from "../inference";

/** Changes when entries of before must not be found any more. */
const KEY_VERSION = "1";

/** Fields of one wire that say who asks or how the reply travels, not what is asked. */
const SILENT_FIELDS: ReadonlySet<string> = new Set([
  ...["user", "safety_identifier", "metadata", "stream_options", "prompt_cache_key", "prompt_cache_retention", "store", "service_tier"],
]);

/** Whose entries a request may find, as part of the key: nothing crosses it. */
export interface CacheTenant {
  scope: "user" | "key" | "team" | "shared";
  keyId: string;
  user: string | undefined;
  team: string | undefined;
}

export interface CacheKeys {
  /** Of this very request. */
  exact: string;
  /** Of all requests that differ in the last user turn's text alone; absent where that is no plain text. */
  namespace?: string;
  /** That text. */
  prompt?: string;
}

/** `key:…`, `user:…`, `team:…`, `shared`. A user scope without a user, or a team scope without a team, is the key's own. */
export function tenantName({ scope, keyId, user, team }: CacheTenant): string {
  if (scope === "shared") return "shared";
  if (scope === "team" && team !== undefined) return `team:${team}`;
  if (scope === "user" && user !== undefined) return `user:${keyId}/${user}`;
  return `key:${keyId}`;
}

/**
 * SHA-256 over the request in its neutral form, the tenant, and `fingerprints`: whatever else decides what reply is right (the alias's chain, the
 * versions of guards and policy). Left out are only the model's cap on output, which is compared with the stored reply's length instead, and what does
 * not change the answer: streaming, the user's name, marks for the provider's prompt cache.
 */
export async function cacheKeys(
  request: InferenceRequest,
  tenant: CacheTenant,
  fingerprints: readonly string[],
  wantsNamespace: boolean,
): Promise<CacheKeys> {
  const {
    turns,
    model: _model,
    stream: _s,
    streamUsage: _u,
    endUser: _e,
    cacheHint: _c,
    outputTokensMax: _o,
    extensions,
    ...rest
  } = request;
  const frame = [KEY_VERSION, tenantName(tenant), ...fingerprints];
  const tools = rest.tools?.map((tool) => withoutHint(tool));
  const shape = { ...rest, ...(tools ? { tools } : {}), extensions: speaking(extensions) };
  const textOf = (kept: readonly Turn[]): string => canonicalJson([frame, shape, kept.map(turnShape)]);
  const exact = sha256Hex(textOf(turns));
  const prompt = wantsNamespace ? lastPrompt(turns) : undefined;
  if (!prompt) return { exact: await exact };
  const others = turns.map((turn, at) => (at === prompt.at ? { ...turn, parts: [] } : turn));
  return { exact: await exact, namespace: await sha256Hex(textOf(others)), prompt: prompt.text };
}

/** Whether what the prompt refers to may change without its words changing. */
export function isVolatile({ turns }: InferenceRequest): boolean {
  const parts = turns.flatMap((turn) => turn.parts.flatMap((part): Part[] => (part.type === "tool-result" ? part.content : [part])));
  return parts.some((part) => (part.type === "image" || part.type === "document") && part.source.kind === "url");
}

/** The text of the last turn, where that is a user's and nothing but text. */
function lastPrompt(turns: readonly Turn[]): { at: number; text: string } | undefined {
  const at = turns.length - 1;
  const turn = turns[at];
  if (turn?.role !== "user" || turn.parts.length === 0) return undefined;
  const texts = turn.parts.map((part) => (part.type === "text" ? part.text : undefined));
  return texts.every((text) => text !== undefined) ? { at, text: texts.join("\n\n") } : undefined;
}

function turnShape({ parts, extensions, ...rest }: Turn): object {
  return { ...rest, parts: parts.map(partShape), extensions: speaking(extensions) };
}

function partShape(part: Part): object {
  const shape = withoutHint(part);
  if (part.type !== "tool-result") return shape;
  return { ...shape, content: part.content.map(withoutHint) };
}

function withoutHint<Value extends object>(value: Value): object {
  const { cacheHint: _hint, ...rest } = value as Value & { cacheHint?: unknown };
  return rest;
}

/** Extensions without the fields that do not change the answer; undefined when nothing is left. */
function speaking(extensions: Partial<Record<ProtocolId, JsonObject>> | undefined): object | undefined {
  const kept = Object.entries(extensions ?? {}).flatMap(([protocol, fields]) => {
    const told = Object.entries(fields ?? {}).filter(([name]) => !SILENT_FIELDS.has(name));
    return told.length > 0 ? [[protocol, Object.fromEntries(told)]] : [];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
