import { FAILOVER_DEFAULTS, type FailoverPolicy, type GatewayConfig, overridden } from "../config";
import { GatewayError } from "../core/errors";
import type { Capabilities } from "../inference";
import { accessesTo, capabilitiesOf, type Provider, type Settings, type UpstreamAccess } from "../providers";
import { type Balance, orderOf } from "./balance";
import { nearestNames } from "./near-names";

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
 * first slash goes upstream verbatim); `others` are the names that the client wants tried after it. Throws `not-found` with near matches
 * for an unknown name, `unavailable` when nothing in the chain is configured.
 */
export function planFor(asked: string, routes: Routes, balance: Balance = UNBALANCED, others: readonly string[] = []): Plan {
  const references = [asked, ...others].flatMap((name) => resolve(name, routes, balance));
  const deployments = new Map(
    references.flatMap((reference) => deploy(reference, routes)).map((deployment) => [deployment.id, deployment]),
  );
  const [first, ...rest] = deployments.values();
  if (first) return { chain: [first, ...rest], policy: policyOf(asked, routes.config) };
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

/** For questions in which the order within a step does not matter. */
const UNBALANCED: Balance = { random: () => 0.5, ttftMs: () => undefined, principal: "" };

function policyOf(asked: string, { aliases, failover }: GatewayConfig): FailoverPolicy {
  const policy = overridden(FAILOVER_DEFAULTS, failover);
  const alias = Object.hasOwn(aliases, asked) ? aliases[asked] : undefined;
  if (!alias || Array.isArray(alias)) return policy;
  const { chain: _chain, cache: _cache, ...own } = alias;
  return overridden(policy, own);
}

/** The deployments that the configuration names and that can be called. */
export function configuredDeployments({ config, ...routes }: Routes): string[] {
  const steps = Object.values(config.aliases).flatMap((alias) => (Array.isArray(alias) ? alias : alias.chain));
  const names = [...steps.flatMap((step) => orderOf(step, UNBALANCED)), ...config.models, ...Object.keys(config.deployments)];
  const references = [...new Set(names)].flatMap((name) => split(name, routes.providers) ?? []);
  return references.flatMap((reference) => deploy(reference, { config, ...routes })).map(({ id }) => id);
}

interface Reference {
  provider: Provider;
  model: string;
}

function resolve(asked: string, { config, providers }: Routes, balance: Balance): Reference[] {
  const alias = Object.hasOwn(config.aliases, asked) ? config.aliases[asked] : undefined;
  if (alias) {
    const steps = Array.isArray(alias) ? alias : alias.chain;
    return steps.flatMap((step) => orderOf(step, balance)).flatMap((name) => split(name, providers) ?? []);
  }
  const named = split(asked, providers);
  if (named) return [named];
  const owner = [...providers.values()].find((provider) => provider.bareModels?.test(asked));
  if (owner) return [{ provider: owner, model: asked }];
  const known = [...Object.keys(config.aliases), ...config.models, ...config.models.map((name) => name.slice(name.indexOf("/") + 1))];
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
function deploy({ provider, model }: Reference, { settings, simulator }: Routes): Deployment[] {
  const capabilities = capabilitiesOf(provider, model);
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
