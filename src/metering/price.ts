import { calcPrice } from "@pydantic/genai-prices";
import { inputTokensTotal, type Usage } from "../inference";

/** Which price list gave a cost: the package and its version (a test holds it to what is installed). */
export const PRICE_VERSION = "genai-prices/0.1.8";

/** Service tiers that are charged at the list price. An absent or empty tier is one of them. */
const LIST_PRICE_TIERS = new Set(["", "auto", "default", "standard", "on_demand"]);

/** What must be known of a provider to price its tokens. */
export interface PricedProvider {
  /** The vendor's id in the price list; null where there is no price. */
  pricesId: string | null;
  /** Service tier as the usage object names it → factor on the list price of tokens (`{ batch: 0.5 }`). */
  tierFactors?: Readonly<Record<string, number>>;
}

/** A cost in integer nano-dollars and the list it comes from. */
export interface Price {
  costNanoUsd: number;
  version: string;
}

/**
 * What a reply costs, at the prices of the time `at`. null when that is unknown: a model that the list lacks or has no price for, a
 * service tier that the provider declares no factor for, figures that cannot be. Never 0 for want of a price; models that the list names
 * free cost 0.
 */
export function price(usage: Usage, provider: PricedProvider, model: string, at: Date): Price | null {
  const factor = tierFactor(usage.serviceTier, provider);
  const units = usageUnits(usage);
  if (provider.pricesId === null || factor === null || units === null) return null;
  const listed = calcPrice(units, model, { providerId: provider.pricesId, timestamp: at });
  if (listed === null) return null;
  if (Object.keys(listed.model_price).length === 0) {
    // The list says nothing at all about money: free where the model's own name says so, unknown otherwise.
    return listed.model.id.endsWith(":free") ? { costNanoUsd: 0, version: PRICE_VERSION } : null;
  }
  const { input_mtok: inputPrice, output_mtok: outputPrice } = listed.model_price;
  if (units.input_tokens > 0 && inputPrice === undefined) return null;
  if (units.output_tokens > 0 && outputPrice === undefined) return null;
  const tokensUsd = listed.input_price + listed.output_price;
  // Searches and calls keep their price in every tier.
  const restUsd = Math.max(0, listed.total_price - tokensUsd);
  return { costNanoUsd: Math.round((tokensUsd * factor + restUsd) * 1e9), version: PRICE_VERSION };
}

function tierFactor(tier: string | undefined, { tierFactors }: PricedProvider): number | null {
  if (tier === undefined) return 1;
  if (tierFactors && Object.hasOwn(tierFactors, tier)) return tierFactors[tier] ?? null;
  return LIST_PRICE_TIERS.has(tier) ? 1 : null;
}

/**
 * The figures in the price list's units, where the input is the whole prompt and its parts overlap it; null when one is negative or no
 * number. A cached audio token is both: as no wire says how many there are, no more than must be are taken for such.
 */
function usageUnits(usage: Usage) {
  const input = inputTokensTotal(usage);
  const cacheRead = usage.cacheReadTokens ?? 0;
  const cacheWrite5m = usage.cacheWrite5mTokens ?? 0;
  const cacheWrite1h = usage.cacheWrite1hTokens ?? 0;
  const audioInput = Math.min(usage.audioInputTokens ?? 0, input);
  const units = {
    input_tokens: input,
    cache_read_tokens: cacheRead,
    cache_write_tokens: cacheWrite5m + cacheWrite1h,
    cache_write_1h_tokens: cacheWrite1h,
    input_audio_tokens: audioInput,
    cache_audio_read_tokens: Math.max(0, audioInput + cacheRead - input),
    output_tokens: usage.outputTokens,
    output_reasoning_tokens: Math.min(usage.reasoningTokens ?? 0, usage.outputTokens),
    output_audio_tokens: Math.min(usage.audioOutputTokens ?? 0, usage.outputTokens),
    web_searches: usage.webSearches ?? 0,
  };
  const parts = [...Object.values(units), usage.uncachedInputTokens, cacheWrite5m];
  return parts.every((figure) => Number.isFinite(figure) && figure >= 0) ? units : null;
}
