import type Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import { ApiError, type House } from "./errors";

/** What the simulator knows of a model. Names that it does not know are served all the same, without limits of their own. */
export interface KnownModel {
  id: string;
  house: House;
  /** The dated name that replies carry, where it differs from the id. */
  snapshot?: string;
  /** Unix seconds. */
  created: number;
  contextTokens: number;
  outputTokens: number;
  /** OpenAI: a reasoning model, which refuses sampling settings and `max_tokens`. */
  reasons?: boolean;
  /** Anthropic: which kinds of thinking may be asked for. */
  thinking?: { enabled: boolean; adaptive: boolean };
  displayName?: string;
  /** Length of an embedding by default. */
  dimensions?: number;
}

function gpt(id: string, snapshot: string, created: number, contextTokens: number, outputTokens: number, reasons = false): KnownModel {
  return {
    id,
    house: "openai",
    ...(snapshot === id ? {} : { snapshot }),
    created,
    contextTokens,
    outputTokens,
    ...(reasons ? { reasons } : {}),
  };
}

function embedding(id: string, created: number, dimensions: number): KnownModel {
  return { id, house: "openai", created, contextTokens: 8_192, outputTokens: 0, dimensions };
}

function claude(
  id: string,
  displayName: string,
  date: string,
  contextTokens: number,
  outputTokens: number,
  thinking: string,
  snapshot = id,
): KnownModel {
  return {
    id,
    house: "anthropic",
    ...(snapshot === id ? {} : { snapshot }),
    created: Date.parse(`${date}T00:00:00Z`) / 1000,
    contextTokens,
    outputTokens,
    thinking: { enabled: thinking.includes("enabled"), adaptive: thinking.includes("adaptive") },
    displayName,
  };
}

/** Claude's figures as its models endpoint tells them, newest first. */
const MODELS: KnownModel[] = [
  claude("claude-opus-5", "Claude Opus 5", "2026-07-24", 1_000_000, 128_000, "adaptive"),
  claude("claude-sonnet-5", "Claude Sonnet 5", "2026-06-29", 1_000_000, 128_000, "adaptive"),
  claude("claude-opus-4-8", "Claude Opus 4.8", "2026-05-28", 1_000_000, 128_000, "adaptive"),
  claude("claude-opus-4-7", "Claude Opus 4.7", "2026-04-14", 1_000_000, 128_000, "adaptive"),
  claude("claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-17", 1_000_000, 128_000, "enabled adaptive"),
  claude("claude-opus-4-6", "Claude Opus 4.6", "2026-02-04", 1_000_000, 128_000, "enabled adaptive"),
  claude("claude-opus-4-5", "Claude Opus 4.5", "2025-11-24", 200_000, 64_000, "enabled", "claude-opus-4-5-20251101"),
  claude("claude-haiku-4-5", "Claude Haiku 4.5", "2025-10-15", 200_000, 64_000, "enabled", "claude-haiku-4-5-20251001"),
  claude("claude-sonnet-4-5", "Claude Sonnet 4.5", "2025-09-29", 1_000_000, 64_000, "enabled", "claude-sonnet-4-5-20250929"),
  claude("claude-opus-4-1", "Claude Opus 4.1", "2025-08-05", 200_000, 32_000, "enabled", "claude-opus-4-1-20250805"),
  gpt("gpt-4o", "gpt-4o-2024-08-06", 1_715_367_049, 128_000, 16_384),
  gpt("gpt-4o-mini", "gpt-4o-mini-2024-07-18", 1_721_172_741, 128_000, 16_384),
  gpt("gpt-4.1", "gpt-4.1-2025-04-14", 1_744_316_542, 1_047_576, 32_768),
  gpt("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", 1_744_318_173, 1_047_576, 32_768),
  gpt("gpt-3.5-turbo", "gpt-3.5-turbo-0125", 1_677_610_602, 16_385, 4_096),
  gpt("gpt-5", "gpt-5-2025-08-07", 1_754_425_777, 400_000, 128_000, true),
  gpt("gpt-5-mini", "gpt-5-mini-2025-08-07", 1_754_425_928, 400_000, 128_000, true),
  gpt("gpt-5-nano", "gpt-5-nano-2025-08-07", 1_754_426_384, 400_000, 128_000, true),
  gpt("o4-mini", "o4-mini-2025-04-16", 1_744_225_308, 200_000, 100_000, true),
  embedding("text-embedding-3-small", 1_705_948_997, 1_536),
  embedding("text-embedding-3-large", 1_705_953_180, 3_072),
  embedding("text-embedding-ada-002", 1_671_217_299, 1_536),
];

/** The model of this name or of this dated name, with or without a vendor's prefix (`anthropic/claude-opus-5`). */
export function knownModel(name: string): KnownModel | undefined {
  const bare = name.slice(name.lastIndexOf("/") + 1);
  return MODELS.find(({ id, snapshot }) => id === bare || snapshot === bare);
}

/**
 * Shortest prompt prefix that a Claude model caches, in tokens; 1,024 for names that are not known.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#cache-limitations
 */
export function cacheMinTokens(name: string): number {
  return CACHE_MIN_TOKENS.find(([model]) => model.test(name))?.[1] ?? 1_024;
}

const CACHE_MIN_TOKENS: readonly [model: RegExp, tokens: number][] = [
  [/claude-(opus-4-[56]|haiku-4-5)/, 4_096],
  [/claude-(opus-4-7|3-5-haiku|3-haiku)/, 2_048],
  [/claude-(opus|fable|mythos)-5/, 512],
];

/** The name that a reply carries. */
export function replyModel(name: string): string {
  return knownModel(name)?.snapshot ?? name;
}

/** The version in a Claude model's name, as a number that sorts: 4.6 for `claude-sonnet-4-6`. Undefined for any other name. */
export function claudeVersion(name: string): number | undefined {
  const match = /claude-(?:[a-z]+-)?(\d)(?:[-.](\d)(?!\d))?/.exec(name);
  return match === null ? undefined : Number(`${match[1]}.${match[2] ?? 0}`);
}

function openaiModel({ id, created }: KnownModel): OpenAI.Model {
  return { id, object: "model", created, owned_by: "system" };
}

type AnthropicModel = Pick<Anthropic.ModelInfo, "type" | "id" | "display_name" | "created_at" | "max_input_tokens" | "max_tokens">;

function anthropicModel(model: KnownModel): AnthropicModel {
  return {
    type: "model",
    id: model.snapshot ?? model.id,
    display_name: model.displayName ?? model.id,
    created_at: new Date(model.created * 1000).toISOString().replace(".000", ""),
    max_input_tokens: model.contextTokens,
    max_tokens: model.outputTokens,
  };
}

/** `GET /v1/models`, a page of it on Anthropic's wire. */
export function listModels(house: House, query: URLSearchParams): unknown {
  const mine = MODELS.filter((model) => model.house === house);
  if (house === "openai") return { object: "list", data: mine.map(openaiModel) };
  return page(mine.map(anthropicModel), query);
}

/** `GET /v1/models/{id}`. Throws 404 for a name that is not in the table. */
export function retrieveModel(house: House, id: string): unknown {
  const model = knownModel(id);
  if (model?.house === house) return house === "openai" ? { ...openaiModel(model), id } : anthropicModel(model);
  if (house === "anthropic") throw new ApiError(404, `model: ${id}`);
  throw new ApiError(404, `The model '${id}' does not exist`, { param: "model", code: "model_not_found" });
}

/** A page of a list in Anthropic's shape: `after_id` or `before_id`, and `limit`. */
export function page<Item extends { id: string }>(
  items: Item[],
  query: URLSearchParams,
): { data: Item[]; has_more: boolean; first_id: string | null; last_id: string | null } {
  const limit = Number(query.get("limit") ?? 20);
  const after = items.findIndex(({ id }) => id === query.get("after_id")) + 1;
  const before = items.findIndex(({ id }) => id === query.get("before_id"));
  const end = before < 0 ? after + limit : before;
  const start = before < 0 ? after : Math.max(0, before - limit);
  const data = items.slice(start, end);
  const hasMore = before < 0 ? end < items.length : start > 0;
  return { data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
