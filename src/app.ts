import { Hono } from "hono";
import { cors } from "hono/cors";
import type { GatewayConfig } from "./config";
import { discardBody } from "./core/body";
import { GatewayError } from "./core/errors";
import { setRetryAfter } from "./core/headers";
import { newRequestId } from "./core/id";
import { errorFacts } from "./core/log";
import { countTokens } from "./endpoints/count-tokens";
import { createEmbeddings } from "./endpoints/embeddings";
import type { AppContext, GatewayEnv } from "./endpoints/endpoint";
import { giveFeedback } from "./endpoints/feedback";
import { getGeneration } from "./endpoints/generations";
import { getHealth } from "./endpoints/health";
import { inferenceEndpoint } from "./endpoints/inference";
import { getModel, listModels } from "./endpoints/models";
import { protocolOfCaller, protocols } from "./protocols";

const ALLOWED_METHODS = ["GET", "HEAD", "POST", "OPTIONS"];
/** Headers of ours that a browser's script may read. */
const EXPOSED_HEADERS = [
  ...["x-request-id", "request-id", "retry-after", "server-timing", "x-sluice-model", "x-sluice-provider", "x-sluice-cost-usd"],
  ...[
    "x-sluice-warnings",
    "x-sluice-fallback",
    "x-sluice-cache",
    "x-sluice-cache-similarity",
    "x-sluice-route",
    "x-sluice-context",
    "x-sluice-guardrail",
    "x-sluice-saved-usd",
    "age",
  ],
].join(",");

/** The route table. */
export function createApp(config: GatewayConfig): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();

  app.use(async (c, next) => {
    const { ports, random, background } = c.env;
    const startedAtMs = ports.clock();
    c.set("ports", ports);
    c.set("startedAtMs", startedAtMs);
    c.set("requestId", newRequestId(startedAtMs, random));
    c.set("background", background);
    await next();
    if (c.res.status >= 400) await discardBody(c.req.raw);
    const { headers } = c.res;
    headers.set("x-request-id", c.var.requestId);
    // Some official clients read this name.
    headers.set("request-id", c.var.requestId);
    allowOrigin(headers, c.req.header("origin"), config.cors.origins);
  });
  if (config.cors.origins.length > 0) {
    const origin = config.cors.origins.includes("*") ? "*" : config.cors.origins;
    app.options("*", cors({ origin, allowMethods: ALLOWED_METHODS, maxAge: config.cors.maxAgeSeconds }));
  }

  app.post("/v1/chat/completions", inferenceEndpoint("openai-chat"));
  app.post("/v1/messages", inferenceEndpoint("anthropic-messages"));
  app.post("/v1/messages/count_tokens", countTokens);
  app.get("/v1/models", listModels);
  app.get("/v1/models/*", getModel);
  app.get("/v1/generations/:id", getGeneration);
  app.post("/v1/embeddings", createEmbeddings);
  app.post("/v1/feedback", giveFeedback);
  app.get("/health", getHealth);
  app.all("/admin/v1/*", (c) => c.env.admin(c.req.raw));

  for (const path of ["/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens", "/v1/embeddings", "/v1/feedback"])
    app.all(path, refuseMethod("POST"));
  for (const path of ["/v1/models", "/v1/models/*", "/v1/generations/:id", "/health"]) app.all(path, refuseMethod("GET, HEAD"));
  app.notFound((c) =>
    render(c, new GatewayError("not-found", `There is nothing at ${c.req.method} ${c.req.path.slice(0, 200)}.`, { code: "unknown_url" })),
  );
  app.onError((error, c) => render(c, publicError(error, c)));
  return app;
}

/** What lets a browser's script read a reply; preflights have a middleware of their own. */
function allowOrigin(headers: Headers, origin: string | undefined, allowed: readonly string[]): void {
  const isAny = allowed.includes("*");
  if (origin === undefined || !(isAny || allowed.includes(origin))) return;
  headers.set("access-control-allow-origin", isAny ? "*" : origin);
  headers.set("access-control-expose-headers", EXPOSED_HEADERS);
  if (!isAny) headers.append("vary", "Origin");
}

function refuseMethod(allowed: string) {
  return (c: AppContext): Response => {
    if (c.req.method === "OPTIONS") return c.body(null, 204, { allow: `${allowed}, OPTIONS` });
    const response = render(
      c,
      new GatewayError("method-not-allowed", `${c.req.path} answers ${allowed} only.`, { code: "method_not_allowed" }),
    );
    response.headers.set("allow", `${allowed}, OPTIONS`);
    return response;
  };
}

/** What the caller is told of an error; whatever was not foreseen goes to the log alone. */
function publicError(error: Error, c: AppContext): GatewayError {
  const { log } = c.var.ports;
  const facts = { request_id: c.var.requestId, path: c.req.path };
  if (!(error instanceof GatewayError)) {
    log("error", "unforeseen", { ...facts, ...errorFacts(error), stack: error.stack });
    return new GatewayError("internal", `The gateway failed. Quote the request id ${c.var.requestId} to its operator.`, {
      code: "internal_error",
    });
  }
  log(error.status >= 500 ? "error" : "info", "refused", {
    ...facts,
    kind: error.kind,
    status: error.status,
    code: error.code,
    detail: error.detail,
  });
  return error;
}

/** An error in the words of the endpoint's protocol. */
function render(c: AppContext, error: GatewayError): Response {
  const protocol = protocols[protocolOfCaller(c.req.path, c.req.raw.headers)];
  // 499 has no place in HTTP; nobody reads it anyway.
  const response = Response.json(protocol.encodeError(error, c.var.requestId), { status: error.status, headers: error.headers });
  setRetryAfter(response.headers, error.retryAfterSeconds);
  return response;
}
