export { CACHE_DEFAULTS, CACHE_MODES, CACHE_SCOPES, type CacheConfig, type CacheOverrides, cacheTtlSeconds } from "./cache";
export { type DeploymentLimits, FAILOVER_DEFAULTS, type FailoverPolicy, overridden } from "./failover";
export { type AliasConfig, type ChainStep, configSchema, defineConfig, type GatewayConfig } from "./schema";
