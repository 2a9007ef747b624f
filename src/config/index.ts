export { CACHE_DEFAULTS, CACHE_MODES, CACHE_SCOPES, type CacheConfig, type CacheOverrides, cacheTtlSeconds } from "./cache";
export { type DeploymentLimits, FAILOVER_DEFAULTS, type FailoverOverrides, type FailoverPolicy, overridden } from "./failover";
export { GUARD_ACTIONS, type GuardAction, type GuardrailPolicy, guardrailOverrides } from "./guardrails";
export {
  type AliasRouting,
  AUTO_MODELS,
  type ChainStep,
  type ConditionalRoute,
  FEATURES,
  type Feature,
  type KnownModel,
  TASK_NAMES,
  type TaskName,
} from "./routing";
export { type AliasConfig, configSchema, defineConfig, type GatewayConfig } from "./schema";
