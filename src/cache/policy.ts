import { CACHE_DEFAULTS, type CacheConfig, type CacheOverrides, cacheTtlSeconds } from "../config";
import { badRequest } from "../core/errors";

/** What caching means for one request. */
export interface CachePolicy {
  mode: "off" | "exact" | "semantic";
  /** Whether stored replies may be served, and whether this one may be stored. */
  reads: boolean;
  writes: boolean;
  ttlMs: number;
  /** Older replies are not served; infinite where the client sets no bound. */
  ageMsMax: number;
  scope: CacheConfig["scope"];
  semantic: CacheConfig["semantic"];
  verify: CacheConfig["verify"];
  singleFlight: boolean;
  keepForFallback: boolean;
  replayPaceMs: number;
}

/** What a virtual key says of caching, as the operator wrote it. */
export interface KeyCachePolicy {
  mode?: CacheConfig["mode"] | undefined;
  ttl_seconds?: number | undefined;
  scope?: CacheConfig["scope"] | undefined;
}

/** What the client says: `x-sluice-cache`, `x-sluice-cache-ttl`, `Cache-Control`. Throws `bad-request` naming the header. */
export function readCacheHeaders(headers: Headers): CacheWish {
  const wish: CacheWish = { reads: true, writes: true };
  const mode = headers.get("x-sluice-cache")?.trim().toLowerCase();
  if (mode !== undefined && mode !== "") {
    const known = WISHES.find((one) => one === mode);
    if (!known) throw badRequest("x-sluice-cache", "The header `x-sluice-cache` must be off, exact or semantic.", "invalid_header");
    wish.mode = known;
  }
  const ttl = headers.get("x-sluice-cache-ttl")?.trim();
  if (ttl !== undefined && ttl !== "") {
    const seconds = cacheTtlSeconds.safeParse(/^\d{1,9}$/.test(ttl) ? Number(ttl) : ttl);
    if (!seconds.success) {
      throw badRequest(
        "x-sluice-cache-ttl",
        "The header `x-sluice-cache-ttl` must be a whole number of seconds, from 1 to 2592000 (30 days).",
        "invalid_header",
      );
    }
    wish.ttlMs = seconds.data * 1000;
  }
  // RFC 9111, 5.2.1; what is unknown or malformed there is ignored, as it says.
  for (const directive of (headers.get("cache-control") ?? "").toLowerCase().split(",")) {
    const [name = "", value = ""] = directive.split("=", 2).map((part) => part.trim());
    if (name === "no-store") Object.assign(wish, { reads: false, writes: false });
    if (name === "no-cache") wish.reads = false;
    if (name === "max-age" && /^"?\d{1,9}"?$/.test(value)) wish.ageMsMax = Number(value.replaceAll('"', "")) * 1000;
  }
  return wish;
}

const WISHES = ["off", "exact", "semantic"] as const;

export interface CacheWish {
  mode?: "off" | "exact" | "semantic";
  ttlMs?: number;
  reads: boolean;
  writes: boolean;
  ageMsMax?: number;
}

/**
 * Operator, key and client, each within what the one before allows: `off` of the operator or of the key cannot be overruled. Without anybody's word
 * replies are cached where they are meant to be the same each time, which is at temperature 0.
 */
export function cachePolicy(said: {
  config: CacheOverrides;
  alias: CacheOverrides | undefined;
  key: KeyCachePolicy | undefined;
  wish: CacheWish;
  temperature: number | undefined;
  /** What the prompt refers to may change without its words changing (a picture behind an address). */
  isVolatile: boolean;
}): CachePolicy {
  const { wish, temperature, isVolatile } = said;
  const { mode: keyMode, ttl_seconds: ttlSeconds, scope } = said.key ?? {};
  const operator: CacheConfig = { ...CACHE_DEFAULTS, ...defined(said.config), ...defined(said.alias ?? {}) };
  const merged: CacheConfig = { ...operator, ...defined({ mode: keyMode, ttlSeconds, scope }) };
  const isForbidden = operator.mode === "off" || keyMode === "off";
  const asked = wish.mode ?? (merged.mode === "auto" ? (temperature === 0 && !isVolatile ? "exact" : "off") : merged.mode);
  const mode = isForbidden || (isVolatile && wish.mode === undefined) ? "off" : asked;
  return {
    mode,
    reads: mode !== "off" && wish.reads,
    writes: mode !== "off" && wish.writes,
    ttlMs: wish.ttlMs ?? merged.ttlSeconds * 1000,
    ageMsMax: wish.ageMsMax ?? Number.POSITIVE_INFINITY,
    scope: merged.scope,
    // A client who asks for it wants it; what the operator switched off stays off.
    semantic: mode !== "semantic" ? "off" : wish.mode === "semantic" && merged.semantic === "shadow" ? "on" : merged.semantic,
    verify: merged.verify,
    singleFlight: merged.singleFlight && mode !== "off" && wish.reads && wish.writes,
    keepForFallback: merged.keepForFallback && wish.writes && wish.mode !== "off" && keyMode !== "off",
    replayPaceMs: merged.replayPaceMs,
  };
}

function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]: Exclude<Fields[Name], undefined> }; // the same fields, fewer of them
}
