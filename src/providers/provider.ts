import type { Capabilities, ProtocolId } from "../inference";

/**
 * A vendor: whom we call, and every oddity of it as a declared property. Above this room nobody compares vendor names; they ask
 * what a deployment can do.
 */
export interface Provider {
  /** The part before the slash in `provider/model`. */
  id: string;
  name: string;
  protocol: ProtocolId;
  /** Without a trailing slash, as the vendor's SDK means it; null where the operator must name one. */
  baseUrl: string | null;
  /** Appended to the base URL. */
  chatPath: string;
  /** Appended to the chat path: where the provider counts a prompt's tokens. */
  countPath?: string;
  /** Appended to the base URL: where texts are embedded. */
  embeddingsPath?: string;
  /** Takes `prompt_cache_key`; others may refuse a field that they do not know. */
  promptCacheKey?: true;
  /** Names of the Worker secrets that hold its credential and override its base URL. */
  env: { apiKey: string; baseUrl: string };
  /** How the credential travels. */
  auth: "bearer" | "x-api-key" | "api-key";
  /** Sent with every call. */
  headers?: Record<string, string>;
  /** Client headers that mean something to this vendor and carry no credential; only same-protocol clients' are passed on. */
  clientHeaders?: string[];
  /** Bare model names that belong to this vendor (`claude-…`). */
  bareModels?: RegExp;
  /** The vendor's id in the price list; null where prices are unknown or the machine is one's own. */
  pricesId: string | null;
  /** Service tier as the usage object names it → factor on the list price of tokens. A tier that is not here has no known price. */
  tierFactors?: Readonly<Record<string, number>>;
  /** What this deployment pays for a model where it differs from the price list, in US dollars per million tokens. */
  ownPrices?: Readonly<Record<string, ModelPrice>>;
  /** What its models can do, unless a row of `models` says otherwise. The first match wins. */
  capabilities: Capabilities;
  models?: readonly ModelRule[];
}

/** US dollars per million tokens. An absent figure is that of plain input. */
export interface ModelPrice {
  input: number;
  output: number;
  cacheRead?: number | undefined;
  cacheWrite5m?: number | undefined;
  cacheWrite1h?: number | undefined;
}

/** What sets some models of a vendor apart. */
export interface ModelRule {
  match: RegExp;
  set: Partial<Capabilities>;
}

/** What `model` of `provider` can do. */
export function capabilitiesOf(provider: Provider, model: string): Capabilities {
  const rule = provider.models?.find((candidate) => candidate.match.test(model));
  return rule ? { ...provider.capabilities, ...rule.set } : provider.capabilities;
}
