import { calcPrice } from "@pydantic/genai-prices";
import { inputTokensTotal, type Usage } from "../inference";
import type { ModelPrice } from "../providers";

/** Which price list gave a cost: the package and its version (a test holds it to what is installed). */
export const PRICE_VERSION = "genai-prices/0.1.8";

/** Said of a cost at prices of the configuration. */
const OWN_PRICES = "gateway.config";

/** Service tiers that are charged at the list price. An absent or empty tier is one of them. */
const LIST_PRICE_TIERS = new Set(["", "auto", "default", "standard", "on_demand"]);

/** What must be known of a provider to price its tokens. */
export interface PricedProvider {
  /** The vendor's id in the price list; null where there is no price. */
  pricesId: string | null;
  /** Service tier as the usage object names it → factor on the list price of tokens (`{ batch: 0.5 }`). */
  tierFactors?: Readonly<Record<string, number>>;
  /** What this deployment pays where that differs from the list, by model. */
  ownPrices?: Readonly<Record<string, ModelPrice>>;
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
  if (factor === null || units === null) return null;
  const own = provider.ownPrices?.[model];
  if (own) return { costNanoUsd: Math.round(ownCost(usage, own) * factor), version: OWN_PRICES };
  if (provider.pricesId === null) return null;
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

/** What a model's input costs, in nano-dollars per token, plain and by the provider's prompt cache; null where that is unknown. */
export function inputPrices(provider: PricedProvider, model: string, at: Date): InputPrices | null {
  const per = (usage: Partial<Usage>): number | null =>
    price({ uncachedInputTokens: 0, outputTokens: 0, ...usage }, provider, model, at)?.costNanoUsd ?? null;
  const [input, cacheRead, cacheWrite5m, cacheWrite1h] = [
    per({ uncachedInputTokens: PROBE_TOKENS }),
    per({ cacheReadTokens: PROBE_TOKENS }),
    per({ cacheWrite5mTokens: PROBE_TOKENS }),
    per({ cacheWrite1hTokens: PROBE_TOKENS }),
  ];
  if (input === null || cacheRead === null || cacheWrite5m === null || cacheWrite1h === null) return null;
  const share = (cost: number): number => cost / PROBE_TOKENS;
  return { input: share(input), cacheRead: share(cacheRead), cacheWrite5m: share(cacheWrite5m), cacheWrite1h: share(cacheWrite1h) };
}

export interface InputPrices {
  input: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
}

/** Enough for an exact price per token, and below every tier of prompt length. */
const PROBE_TOKENS = 1000;

/** Dollars per million tokens are a thousand nano-dollars per token. */
function ownCost(
  usage: Usage,
  { input, output, cacheRead = input, cacheWrite5m = input, cacheWrite1h = cacheWrite5m }: ModelPrice,
): number {
  const { uncachedInputTokens, outputTokens, cacheReadTokens = 0, cacheWrite5mTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const dollars =
    uncachedInputTokens * input +
    outputTokens * output +
    cacheReadTokens * cacheRead +
    cacheWrite5mTokens * cacheWrite5m +
    cacheWrite1hTokens * cacheWrite1h;
  return dollars * 1000;
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
