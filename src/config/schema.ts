import * as z from "zod";
import { cacheOverrides, semanticStore } from "./cache";
import { breakerOverrides, deploymentLimits, failoverOverrides } from "./failover";
import { guardrailOverrides } from "./guardrails";
import { AUTO_MODELS, aliasRouting, autoRouter, chain, type KnownModel, knownModel, modelRef, taskTable } from "./routing";

const alias = z.union([
  chain,
  failoverOverrides.extend({ chain, cache: cacheOverrides.optional(), guardrails: guardrailOverrides.optional(), ...aliasRouting.shape }),
]);

/** What an operator writes in `gateway.config.ts`. Strict: an unknown field is a mistake, and said so at start. */
export const configSchema = z.strictObject({
  /** Name that clients ask for → chain, tried in order; with a policy of its own where it differs from `failover`. */
  aliases: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._:-]*$/), alias)
    .refine(
      (aliases) => AUTO_MODELS.every((name) => !Object.hasOwn(aliases, name)),
      "`auto`, `auto:cheap` and `auto:best` are the router's own names",
    ),
  /** What `GET /v1/models` lists beside the aliases; other models of a configured provider can be asked for all the same. */
  models: z.array(modelRef.transform((model): KnownModel => ({ model, price: "list" })).or(knownModel)),
  /** Chains by what a request is for: where clients ask for `auto`, and for output caps. */
  tasks: taskTable.default({}),
  /** Present: clients may ask for `auto`, `auto:cheap` and `auto:best`. */
  auto: autoRouter.optional(),
  shaping: z
    .strictObject({ outputCap: z.enum(["task", "off"]).default("off"), promptCache: z.enum(["auto", "off"]).default("auto") })
    .prefault({}),
  cors: z.strictObject({
    /** Origins that browsers may call from; `*` is any. Empty: no CORS headers at all. */
    origins: z.array(z.string()),
    maxAgeSeconds: z.int().min(0).max(86_400),
  }),
  limits: z.strictObject({
    /** Largest request body, in bytes. */
    requestBytesMax: z.int().min(1024),
    /** Largest non-stream reply of an upstream, in bytes. */
    replyBytesMax: z.int().min(1024),
    /** Deepest nesting of arrays and objects in a request. */
    nestingMax: z.int().min(8),
    /** What a request's reservation lasts beyond its own deadline, in milliseconds: then whoever held it is taken for lost. */
    leaseMarginMs: z.int().min(0).default(60_000),
  }),
  /** How failures of providers are met, for every request whose alias does not say otherwise. */
  failover: failoverOverrides.default({}),
  /** How replies are cached, for every request whose alias or key does not say otherwise. */
  cache: cacheOverrides.default({}),
  /** Which texts are looked at, for every request; alias and key may say more. */
  guardrails: guardrailOverrides.default({}),
  semantic: semanticStore.prefault({}),
  /** Circuit breakers, one per deployment and region. */
  breaker: breakerOverrides.default({}),
  /** What the providers grant this account, per `provider/model`; beyond it requests queue or go elsewhere. Limits are also learned from replies. */
  deployments: z.record(modelRef, deploymentLimits).default({}),
});

export type GatewayConfig = z.output<typeof configSchema>;
/** An alias with a policy of its own. */
export type AliasConfig = z.output<typeof alias>;

/** Checks the configuration and fills in what it leaves out; throws an Error that names each field at fault. */
export function defineConfig(config: z.input<typeof configSchema>): GatewayConfig {
  const result = configSchema.safeParse(config);
  if (result.success) return result.data;
  throw new Error(`gateway.config.ts is not valid:\n${z.prettifyError(result.error)}`);
}
