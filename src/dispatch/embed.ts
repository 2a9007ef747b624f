import { GatewayError } from "../core/errors";
import { parseObject } from "../core/json";
import type { JsonObject, Usage } from "../inference";
import { protocols } from "../protocols";
import type { Deployment, Plan } from "../routing";
import { attempt, type Fetch, readText } from "./attempt";
import type { Outcome } from "./outcome";
import type { AttemptLog, Settled } from "./reply";
import { failureOf, readRefusal, type UpstreamRefusal } from "./upstream-error";

/** A reply of 2,048 vectors of 3,072 numbers as JSON. */
const REPLY_BYTES_MAX = 128 * 1024 * 1024;
const NESTING_MAX = 8;
/** Errors that another deployment may not have. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "credential",
  "geo-blocked",
  "quota",
  "rate-limited",
  "overloaded",
  "server-error",
  "timeout",
  "network",
  "malformed",
]);

export interface EmbedCall {
  /** Without the model's name, which is each deployment's own. */
  body: JsonObject;
  plan: Plan;
  clientGone: AbortSignal;
  timeoutMs: number | undefined;
}

export interface EmbedPorts {
  fetch: Fetch;
  now: () => number;
}

/** The vectors as the provider sent them, or its refusal. */
export type Embedded = { settled: Settled } & (
  | { kind: "ok"; body: string }
  | { kind: "refused"; error: GatewayError; nativeBody?: string }
);

/** Has the plan's deployments embed, one after the other as long as they fail in ways that are their own. Never rejects. */
export async function embed({ body, plan, clientGone, timeoutMs }: EmbedCall, { fetch, now }: EmbedPorts): Promise<Embedded> {
  const attempts: AttemptLog[] = [];
  const deadlineMs = now() + Math.min(plan.policy.deadlines.totalMs, timeoutMs ?? Number.POSITIVE_INFINITY);
  let last: UpstreamRefusal | undefined;
  for (const deployment of plan.chain) {
    const startedAtMs = now();
    const headersMs = Math.max(1, Math.min(plan.policy.deadlines.headersMs, deadlineMs - startedAtMs));
    const tried = await embedOnce(deployment, { ...body, model: deployment.model }, { fetch, now, stop: clientGone, headersMs });
    const outcome: Outcome =
      "text" in tried
        ? { status: "ok", httpStatus: 200, outputBytes: 0, firstByteAtMs: now(), ...(tried.usage ? { usage: tried.usage } : {}) }
        : {
            status: clientGone.aborted ? "aborted" : "error",
            httpStatus: tried.error.status,
            errorClass: tried.errorClass,
            outputBytes: 0,
          };
    attempts.push({ deployment, startedAtMs, endedAtMs: now(), beside: false, outcome });
    if ("text" in tried) return { kind: "ok", body: tried.text, settled: { deployment, warnings: [], outcome, attempts } };
    last = tried;
    if (clientGone.aborted || !ELSEWHERE.has(tried.errorClass) || now() >= deadlineMs) break;
  }
  const [first = plan.chain[0]] = attempts.map(({ deployment }) => deployment);
  const error = last?.error ?? new GatewayError("upstream-failed", "No provider answered. Try again.");
  const outcome: Outcome = attempts.at(-1)?.outcome ?? { status: "error", httpStatus: error.status, outputBytes: 0 };
  const settled: Settled = { deployment: first, warnings: [], outcome, attempts };
  return { kind: "refused", error, ...(last?.nativeBody === undefined ? {} : { nativeBody: last.nativeBody }), settled };
}

async function embedOnce(
  deployment: Deployment,
  body: JsonObject,
  { fetch, now, stop, headersMs }: { fetch: Fetch; now: () => number; stop: AbortSignal; headersMs: number },
): Promise<{ text: string; usage: Usage | undefined } | UpstreamRefusal> {
  const { provider, access } = deployment;
  const chatUrl = access.chatUrl.slice(0, access.chatUrl.length - provider.chatPath.length) + (provider.embeddingsPath ?? "");
  const target = { ...deployment, access: { ...access, chatUrl } };
  const made = await attempt(target, JSON.stringify(body), { fetch, clientHeaders: {}, stop, headersMs, stream: false });
  if (!("response" in made)) return made;
  try {
    const text = (await readText(made, { bytesMax: REPLY_BYTES_MAX, idleMs: headersMs, now, stop })) ?? "";
    const { response } = made;
    const wire = protocols[provider.protocol];
    if (!response.ok) return readRefusal({ status: response.status, headers: response.headers, body: text }, deployment, wire, wire, now());
    return { text, usage: usageOf(parseObject<JsonObject>(text, NESTING_MAX).value) };
  } catch (cause) {
    return failureOf(cause, deployment, false);
  }
}

function usageOf({ usage }: JsonObject): Usage | undefined {
  if (typeof usage !== "object" || usage === null || Array.isArray(usage)) return undefined;
  const tokens = usage.prompt_tokens;
  return typeof tokens === "number" && tokens >= 0 ? { uncachedInputTokens: tokens, outputTokens: 0, raw: usage } : undefined;
}
