import * as z from "zod";

/** 30 days: no reply is fresh for longer. */
export const CACHE_TTL_SECONDS_MAX = 30 * 86_400;

export const CACHE_MODES = ["auto", "off", "exact", "semantic"] as const;
export const CACHE_SCOPES = ["user", "key", "team", "shared"] as const;

export const cacheTtlSeconds = z
  .int("expected a whole number of seconds")
  .min(1, "expected at least 1 second")
  .max(CACHE_TTL_SECONDS_MAX, `expected at most ${CACHE_TTL_SECONDS_MAX} seconds`);

/** How replies are cached: for all, for one alias, and the first three fields for one key too. */
export const cacheOverrides = z
  .strictObject({
    /** `auto`: exact where the temperature is 0 or the caller asks; `off` cannot be overruled by the caller. */
    mode: z.enum(CACHE_MODES),
    ttlSeconds: cacheTtlSeconds,
    /** Who shares an entry: the same end user of a key, everybody with the key, with a key of the team, or everybody. */
    scope: z.enum(CACHE_SCOPES),
    /**
     * What `semantic` does where the caller did not ask for it himself: nothing, compare silently what it would have served with the real reply, or
     * serve.
     */
    semantic: z.enum(["off", "shadow", "on"]),
    /** How sure the verifier must be that an earlier question has the same answer. */
    verify: z.enum(["lenient", "balanced", "strict"]),
    /** Identical requests under way share one call upstream. */
    singleFlight: z.boolean(),
    /** Replies that are not cached are stored all the same, to be served when every provider fails. */
    keepForFallback: z.boolean(),
    /** Pause between the events of a replayed stream, in milliseconds; 0 is as fast as the client reads. */
    replayPaceMs: z.int().min(0).max(1000),
  })
  .partial();

export type CacheOverrides = z.output<typeof cacheOverrides>;
export type CacheConfig = { [Name in keyof CacheOverrides]-?: Exclude<CacheOverrides[Name], undefined> };

export const CACHE_DEFAULTS: CacheConfig = {
  mode: "auto",
  ttlSeconds: 3600,
  scope: "key",
  semantic: "shadow",
  verify: "balanced",
  singleFlight: true,
  keepForFallback: false,
  replayPaceMs: 0,
};

/** Where texts become vectors and where these are searched. */
export const semanticStore = z.strictObject({
  /** `lexical` is built in; the others call a model: Workers AI's bge-m3, or text-embedding-3-small. */
  embedder: z.enum(["lexical", "workers-ai", "openai"]).default("lexical"),
  /** `object`: exact search in a Durable Object. `vectorize`: the index bound as VECTORS, and the object for what it does not show yet. */
  index: z.enum(["object", "vectorize"]).default("object"),
  /** Least cosine similarity of a candidate. */
  similarityMin: z.number().min(0).max(1).default(0.25),
});
