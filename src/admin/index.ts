import { Hono } from "hono";
import { GatewayError } from "../core/errors";
import { cacheRoutes } from "./cache";
import { requireOperator, SECRET_CHARS_ADVISED } from "./guard";
import { guardrailRoutes } from "./guardrails";
import { keyRoutes } from "./keys";
import type { AdminServices } from "./ports";
import { renderError } from "./render-error";
import { requestRoutes } from "./requests";
import { routingRoutes } from "./routing";
import { upstreamRoutes } from "./upstreams";
import { usageRoutes } from "./usage";

export type { AdminServices, KeyRepository, StoredKey, UpstreamHealth } from "./ports";

/**
 * The operator API, to be mounted at `/admin/v1`. Everything in it, a wrong path too, needs the admin token; no reply may be stored by
 * anybody on the way. Errors have OpenAI's shape.
 */
export function createAdmin(services: AdminServices): Hono {
  const app = new Hono();
  const weak = Object.entries({ ADMIN_TOKEN: services.adminToken, KEY_PEPPER: services.pepper })
    .filter(([, secret]) => (secret ?? "").length < SECRET_CHARS_ADVISED)
    .map(([name]) => name);
  app.onError((error, c) => renderError(c, error, services.log));
  app.use("*", async function requireAdminToken(c, next) {
    await requireOperator(c.req.header("authorization"), services.adminToken);
    await next();
    c.header("Cache-Control", "no-store");
    if (weak.length > 0)
      c.header("x-sluice-warnings", `${weak.join(" and ")} should have ${SECRET_CHARS_ADVISED} random characters or more`);
  });
  app.route("/keys", keyRoutes(services));
  app.route("/guardrails", guardrailRoutes());
  app.route("/cache", cacheRoutes(services));
  app.route("/usage", usageRoutes(services));
  app.route("/requests", requestRoutes(services));
  app.route("/routing", routingRoutes(services));
  app.route("/health/upstreams", upstreamRoutes(services));
  app.all("*", (c) => {
    throw new GatewayError("not-found", `There is no ${c.req.path.slice(0, 200)} in the admin API.`, { code: "route_not_found" });
  });
  return app;
}
