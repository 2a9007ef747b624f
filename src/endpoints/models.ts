import { authenticate, mayUseModel } from "../auth";
import { AUTO_MODELS } from "../config";
import { GatewayError } from "../core/errors";
import { protocolOfCaller, protocols } from "../protocols";
import { planFor, type Routes } from "../routing";
import type { AppContext, Endpoint } from "./endpoint";

/** `GET /v1/models`: aliases and models that the key may use and that have a configured provider, in the caller's protocol. */
export const listModels: Endpoint = async (c) => {
  const { config, routes } = c.var.ports;
  const isAllowed = await rightsOf(c);
  const named = [...Object.keys(config.aliases), ...(config.auto ? AUTO_MODELS : []), ...config.models.map(({ model }) => model)];
  const names = named.filter((name) => isAllowed(name) && isConfigured(name, routes));
  return c.json(speaking(c).encodeModelList(names));
};

/** `GET /v1/models/{id}`: any model that the key can ask for, listed or not. */
export const getModel: Endpoint = async (c) => {
  const isAllowed = await rightsOf(c);
  const name = decoded(c.req.path.slice("/v1/models/".length));
  if (name === undefined || !isAllowed(name)) {
    throw new GatewayError("not-found", `The model \`${(name ?? "").slice(0, 200)}\` does not exist, or this key may not use it.`, {
      code: "model_not_found",
    });
  }
  planFor(name, c.var.ports.routes);
  return c.json(speaking(c).encodeModel(name));
};

/** The text of a path's part; undefined when its percent-encoding makes no sense. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function speaking(c: AppContext) {
  return protocols[protocolOfCaller(c.req.path, c.req.raw.headers)];
}

/** What the caller's key may ask for. */
async function rightsOf(c: AppContext): Promise<(name: string) => boolean> {
  const principal = await authenticate(c.req.raw.headers, { ...c.var.ports.authentication, background: c.var.background });
  return (name) => mayUseModel(principal, name);
}

function isConfigured(name: string, routes: Routes): boolean {
  try {
    planFor(name, routes);
    return true;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}
