import { anthropic } from "./anthropic";
import { compatibleProviders } from "./compatible";
import { openai } from "./openai";
import type { Provider } from "./provider";

export { classifyError, classifyRefusal, type ErrorClass } from "./classify";
export { embeddingOf } from "./embeddings";
export { capabilitiesOf, type ModelPrice, type ModelRule, type Provider } from "./provider";
export { type LimitReading, type RateLimits, readRateLimits, retryAt } from "./rate-limit-headers";
export { accessesTo, type Settings, type UpstreamAccess } from "./upstream";

/** Every provider that Sluice can call, by id. */
export const providers: ReadonlyMap<string, Provider> = new Map(
  [anthropic, openai, ...compatibleProviders].map((provider) => [provider.id, provider]),
);
