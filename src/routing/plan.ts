import type { GatewayConfig } from "../config";
import { GatewayError } from "../core/errors";
import type { Capabilities } from "../inference";
import { accessTo, capabilitiesOf, type Provider, type Settings, type UpstreamAccess } from "../providers";
import { nearestNames } from "./near-names";

/** One way to get a reply: a provider's model, and how it is reached. */
export interface Deployment {
  provider: Provider;
  /** As sent upstream. */
  model: string;
  capabilities: Capabilities;
  access: UpstreamAccess;
  /** Answered by the local simulator because no provider is configured. */
  simulated: boolean;
}

/** The ordered chain of deployments for one request. Never empty. */
export interface Plan {
  chain: [Deployment, ...Deployment[]];
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
 * first slash goes upstream verbatim). Throws `not-found` with near matches for an unknown name, `unavailable` when nothing in the
 * chain is configured.
 */
export function planFor(asked: string, routes: Routes): Plan {
  const references = resolve(asked, routes);
  const chain = references.flatMap((reference) => deploy(reference, routes) ?? []);
  const [first, ...rest] = chain;
  if (first) return { chain: [first, ...rest] };
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

interface Reference {
  provider: Provider;
  model: string;
}

function resolve(asked: string, { config, providers }: Routes): Reference[] {
  const chain = Object.hasOwn(config.aliases, asked) ? config.aliases[asked] : undefined;
  if (chain) return chain.flatMap((name) => split(name, providers) ?? []);
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

function deploy({ provider, model }: Reference, { settings, simulator }: Routes): Deployment | undefined {
  const access = accessTo(provider, settings) ?? simulator;
  if (!access) return undefined;
  const simulated = access === simulator;
  const reached = simulated ? simulate(access, provider) : access;
  return { provider, model, capabilities: capabilitiesOf(provider, model), access: reached, simulated };
}

/** The simulator in the place of a provider: its paths, and the headers that every call of it carries. */
function simulate(simulator: UpstreamAccess, { chatPath, headers }: Provider): UpstreamAccess {
  return { chatUrl: simulator.chatUrl + chatPath.replace(/^(\/v1)?/, "/v1"), headers: { ...headers, ...simulator.headers } };
}
