import {
  type AliasConfig,
  AUTO_MODELS,
  type ChainStep,
  FAILOVER_DEFAULTS,
  type FailoverOverrides,
  type FailoverPolicy,
  type GatewayConfig,
  overridden,
} from "../config";
import { GatewayError } from "../core/errors";
import type { Capabilities } from "../inference";
import { accessesTo, capabilitiesOf, type Provider, type Settings, type UpstreamAccess } from "../providers";
import { type Balance, orderOf } from "./balance";
import { nearestNames } from "./near-names";
import { withFeatures } from "./needs";
import type { Routed, RouteNote } from "./route";

/** One way to get a reply: a provider's model, and how it is reached. */
export interface Deployment {
  /** `provider/model`, and `#2` and on behind it where it is reached with a further credential. */
  id: string;
  provider: Provider;
  /** As sent upstream. */
  model: string;
  capabilities: Capabilities;
  access: UpstreamAccess;
  /** Answered by the local simulator because no provider is configured. */
  simulated: boolean;
}

/** The ordered chain of deployments for one request, never empty, and how their failures are met. */
export interface Plan {
  chain: [Deployment, ...Deployment[]];
  policy: FailoverPolicy;
  /** Its deployments may be asked one after the other although each of them answers. */
  isCascade?: true;
  /** How it came to this chain, where that was not by name alone. */
  route?: RouteNote;
}

/** What there is to plan with. */
export interface Routes {
  config: GatewayConfig;
  providers: ReadonlyMap<string, Provider>;
  settings: Settings;
  /** How to reach the simulator; absent in production. */
  simulator?: UpstreamAccess;
}

/**
 * Resolves what the client asked for into a chain of deployments: an alias, a bare known name, or `provider/model` (what follows the
 * first slash goes upstream verbatim); `others` are the names that the client wants tried after it, `routed` is what the router says. Throws `not-found` with near matches
 * for an unknown name, `unavailable` when nothing in the chain is configured.
 */
export function planFor(
  asked: string,
  routes: Routes,
  balance: Balance = UNBALANCED,
  others: readonly string[] = [],
  { steps, note }: Routed = {},
): Plan {
  const own = steps ? ordered(steps, routes, balance) : resolve(asked, routes, balance);
  const references = [...own, ...others.flatMap((name) => resolve(name, routes, balance))];
  const deployments = new Map(
    references.flatMap((reference) => deploy(reference, routes)).map((deployment) => [deployment.id, deployment]),
  );
  const [first, ...rest] = deployments.values();
  if (first)
    return {
      chain: [first, ...rest],
      policy: policyOf(asked, routes.config),
      ...cascadeOf(asked, routes.config),
      ...(note ? { route: note } : {}),
    };
  const missing = [...new Set(references.map(({ provider }) => provider.env.apiKey))].join(" or ");
  throw new GatewayError(
    "unavailable",
    `No provider for the model \`${asked.slice(0, 200)}\` is configured. The operator must set ${missing}.`,
    {
      code: "provider_not_configured",
      retryAfterSeconds: 60,
    },
  );
}

/** What a chain names and nobody configured. */
export function unconfigured(asked: string, routes: Routes, { steps }: Routed = {}): string[] {
  const references = steps ? ordered(steps, routes, UNBALANCED) : resolve(asked, routes, UNBALANCED);
  return references.filter((reference) => deploy(reference, routes).length === 0).map(({ provider, model }) => `${provider.id}/${model}`);
}

/** For questions in which the order within a step does not matter. */
const UNBALANCED: Balance = { random: () => 0.5, ttftMs: () => undefined, principal: "" };

function policyOf(asked: string, { aliases, failover }: GatewayConfig): FailoverPolicy {
  const policy = overridden(FAILOVER_DEFAULTS, failover);
  const alias = Object.hasOwn(aliases, asked) ? aliases[asked] : undefined;
  if (!alias || Array.isArray(alias)) return policy;
  return overridden(policy, failoverOf(alias));
}

function cascadeOf(asked: string, { aliases }: GatewayConfig): { isCascade?: true } {
  const alias = Object.hasOwn(aliases, asked) ? aliases[asked] : undefined;
  return alias && !Array.isArray(alias) && alias.cascade ? { isCascade: true } : {};
}

/** An alias's own words on failover, without its other ones. */
function failoverOf(alias: Exclude<AliasConfig, unknown[]>): FailoverOverrides {
  const { chain: _chain, cache: _cache, routes: _routes, split: _split, shadow: _shadow, cascade: _cascade, ...rest } = alias;
  const { context: _context, outputCap: _cap, promptCache: _promptCache, guardrails: _guardrails, ...own } = rest;
  return own;
}

/** The deployments that the configuration names and that can be called. */
export function configuredDeployments({ config, ...routes }: Routes): string[] {
  const steps = Object.values(config.aliases).flatMap((alias) => (Array.isArray(alias) ? alias : alias.chain));
  const tables = [config.auto?.small ?? [], ...Object.values(config.tasks).map((row) => row?.chain ?? [])].flat();
  const named = [...steps, ...tables].flatMap((step) => orderOf(step, UNBALANCED));
  const names = [...named, ...config.models.map(({ model }) => model), ...Object.keys(config.deployments)];
  const references = [...new Set(names)].flatMap((name) => split(name, routes.providers) ?? []);
  return references.flatMap((reference) => deploy(reference, { config, ...routes })).map(({ id }) => id);
}

interface Reference {
  provider: Provider;
  model: string;
}

function ordered(steps: readonly ChainStep[], { providers }: Routes, balance: Balance): Reference[] {
  return steps.flatMap((step) => orderOf(step, balance)).flatMap((name) => split(name, providers) ?? []);
}

function resolve(asked: string, routes: Routes, balance: Balance): Reference[] {
  const { config, providers } = routes;
  const alias = Object.hasOwn(config.aliases, asked) ? config.aliases[asked] : undefined;
  if (alias) return ordered(Array.isArray(alias) ? alias : alias.chain, routes, balance);
  if (config.auto && AUTO_MODELS.some((auto) => auto === asked)) return ordered(config.auto.small, routes, balance);
  const named = split(asked, providers);
  if (named) return [named];
  const owner = [...providers.values()].find((provider) => provider.bareModels?.test(asked));
  if (owner) return [{ provider: owner, model: asked }];
  const models = config.models.map(({ model }) => model);
  const known = [...Object.keys(config.aliases), ...models, ...models.map((name) => name.slice(name.indexOf("/") + 1))];
  const near = nearestNames(asked, known);
  const hint = near.length > 0 ? ` Did you mean ${near.map((name) => `\`${name}\``).join(" or ")}?` : "";
  throw new GatewayError(
    "not-found",
    `The model \`${asked.slice(0, 200)}\` does not exist.${hint} Ask for an alias, a known model or \`provider/model\`; GET /v1/models lists them.`,
    { code: "model_not_found", param: "model" },
  );
}

/** `provider/model`, or undefined when the part before the first slash is no provider. */
function split(name: string, providers: ReadonlyMap<string, Provider>): Reference | undefined {
  const slash = name.indexOf("/");
  const provider = slash > 0 ? providers.get(name.slice(0, slash)) : undefined;
  const model = name.slice(slash + 1);
  return provider && model !== "" ? { provider, model } : undefined;
}

/** One deployment per credential that the operator gave the provider. */
function deploy({ provider: vendor, model }: Reference, { config, settings, simulator }: Routes): Deployment[] {
  const known = config.models.find((one) => one.model === `${vendor.id}/${model}`);
  const { contextTokensMax, outputTokensMax } = known ?? {};
  const capabilities: Capabilities = {
    ...withFeatures(capabilitiesOf(vendor, model), known?.features),
    ...(contextTokensMax === undefined ? {} : { contextTokensMax }),
    ...(outputTokensMax === undefined ? {} : { outputTokensMax }),
  };
  const provider = known && known.price !== "list" ? { ...vendor, ownPrices: { [model]: known.price } } : vendor;
  const accesses = accessesTo(provider, settings);
  if (accesses.length === 0 && simulator) {
    return [{ id: `${provider.id}/${model}`, provider, model, capabilities, access: simulate(simulator, provider), simulated: true }];
  }
  return accesses.map((access, at) => {
    const id = at === 0 ? `${provider.id}/${model}` : `${provider.id}/${model}#${at + 1}`;
    return { id, provider, model, capabilities, access, simulated: false };
  });
}

/** The simulator in the place of a provider: its paths, and the headers that every call of it carries. */
function simulate(simulator: UpstreamAccess, { chatPath, headers }: Provider): UpstreamAccess {
  return { chatUrl: simulator.chatUrl + chatPath.replace(/^(\/v1)?/, "/v1"), headers: { ...headers, ...simulator.headers } };
}
