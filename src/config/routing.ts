import * as z from "zod";

export const modelRef = z.string().regex(/^[a-z0-9-]+\/.+$/, "expected provider/model, for example openai/gpt-4o");

/** One step of a chain: a deployment, or several of which one is chosen per request and the others stand by. */
export const chainStep = z.union([
  modelRef,
  z.strictObject({
    oneOf: z.array(z.strictObject({ model: modelRef, weight: z.number().positive().default(1) })).min(1),
    /** `weight`: at random, in proportion. `latency`: the quickest to its first output lately. */
    by: z.enum(["weight", "latency"]).default("weight"),
    /** The same principal meets the same deployment as long as it is healthy, so that a provider's prompt cache is found again. */
    sticky: z.boolean().default(false),
  }),
]);
export const chain = z.array(chainStep).min(1);

export const TASK_NAMES = ["generation", "classification", "summarization", "extraction", "conversation", "reasoning", "coding"] as const;
export const FEATURES = ["vision", "documents", "audio", "tools"] as const;

/** What this deployment knows better of a model than the built-in tables. */
export const knownModel = z.strictObject({
  model: modelRef,
  contextTokensMax: z.int().positive().optional(),
  outputTokensMax: z.int().positive().optional(),
  features: z.array(z.enum(FEATURES)).optional(),
  /** The dated price list's, or US dollars per million tokens where this deployment pays another. */
  price: z
    .literal("list")
    .or(
      z.strictObject({
        input: z.number().min(0),
        output: z.number().min(0),
        cacheRead: z.number().min(0).optional(),
        cacheWrite5m: z.number().min(0).optional(),
        cacheWrite1h: z.number().min(0).optional(),
      }),
    )
    .default("list"),
});

/** A task's chain, and what its replies are capped at where nobody says otherwise. */
const taskRow = z.strictObject({ chain, outputTokensMax: z.int().positive().optional() });
export const taskTable = z.partialRecord(z.enum(TASK_NAMES), taskRow);

/** Names that a client may ask for to have a model chosen for each request. */
export const AUTO_MODELS = ["auto", "auto:cheap", "auto:best"] as const;

/** How a model is chosen: prompts that are judged less complex than the name's threshold go to the small models first. */
export const autoRouter = z.strictObject({
  small: chain,
  /** From 0 (always the task's own chain) to 1 (always the small models). */
  thresholds: z
    .strictObject({ auto: z.number().min(0).max(1), "auto:cheap": z.number().min(0).max(1), "auto:best": z.number().min(0).max(1) })
    .prefault({ auto: 0.5, "auto:cheap": 0.75, "auto:best": 0.25 }),
});

const hour = z.int().min(0).max(24);

/** Another chain for some requests; the first whose conditions all hold. */
export const conditionalRoute = z.strictObject({
  when: z
    .strictObject({
      tag: z.strictObject({ name: z.string(), value: z.string() }),
      users: z.array(z.string()).min(1),
      keys: z.array(z.string()).min(1),
      task: z.enum(TASK_NAMES),
      inputTokensMin: z.int().min(0),
      inputTokensMax: z.int().min(1),
      needs: z.enum(FEATURES),
      /** From this hour on, up to that one; over midnight where the first is the later. */
      hours: z.strictObject({ from: hour, to: hour, timeZone: z.string().default("UTC") }),
    })
    .partial()
    .refine((when) => Object.keys(when).length > 0, "expected at least one condition"),
  chain,
});

/** Arms of an experiment: a user meets the same one each time. */
export const experimentArm = z.strictObject({ name: z.string().min(1).max(40), weight: z.number().positive(), chain });

/** What an alias may say of routing and shaping. */
export const aliasRouting = z
  .strictObject({
    routes: z.array(conditionalRoute),
    split: z.array(experimentArm).min(2),
    /** A share of requests is asked of a candidate too, in the background; nobody waits for it, and its reply goes nowhere. */
    shadow: z.strictObject({ model: modelRef, share: z.number().min(0).max(1) }),
    /**
     * Whole replies: the chain is tried from its first, smallest model up; a reply that is empty, refused, cut, or does not match the schema asked for
     * is asked of the next. `judge` is a model that is asked whether the reply will do.
     */
    cascade: z.strictObject({ judge: modelRef.optional() }),
    context: z.strictObject({
      /** What to do with a conversation that is too long: nothing (the provider refuses it), leave out its oldest turns, or put a summary in their place. */
      strategy: z.enum(["error", "window", "summarize"]).default("error"),
      /** Less than the model's window: endless histories do not cost endlessly. */
      inputTokensMax: z.int().min(256).optional(),
      /** The first user turn stays. */
      pinFirst: z.boolean().default(false),
      /** Who writes summaries. */
      summaryModel: modelRef.optional(),
    }),
    /** Whether replies are capped by task where the client names no cap. */
    outputCap: z.enum(["task", "off"]),
    /** Whether prompts are marked for the provider's cache where that pays. */
    promptCache: z.enum(["auto", "off"]),
  })
  .partial();

export type ChainStep = z.output<typeof chainStep>;
export type TaskName = (typeof TASK_NAMES)[number];
export type Feature = (typeof FEATURES)[number];
export type ConditionalRoute = z.output<typeof conditionalRoute>;
export type AliasRouting = z.output<typeof aliasRouting>;
export type KnownModel = z.output<typeof knownModel>;
