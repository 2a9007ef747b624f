import { withDeadline } from "../core/deadline";
import type { InferenceRequest } from "../inference";
import { protocols } from "../protocols";
import type { Deployment } from "../routing";
import type { Fetch } from "./attempt";

const COUNT_DEADLINE_MS = 5000;

/** The prompt's tokens as its provider counts them; null where the provider does not count, or does not answer. */
export async function countExactly(
  request: InferenceRequest,
  deployment: Deployment,
  fetch: Fetch,
  clientHeaders: Headers = new Headers(),
): Promise<number | null> {
  const { provider, model, capabilities, access } = deployment;
  if (!provider.countPath) return null;
  const own: Record<string, string> = {};
  for (const name of provider.clientHeaders ?? []) {
    const value = clientHeaders.get(name);
    if (value !== null) own[name] = value;
  }
  try {
    const encoded = protocols[provider.protocol].encodeRequest(
      { ...request, outputTokensMax: capabilities.outputTokensMax, stream: false },
      model,
      capabilities,
    );
    const {
      max_tokens: _max,
      stream: _stream,
      temperature: _t,
      top_p: _p,
      top_k: _k,
      stop_sequences: _s,
      metadata: _m,
      service_tier: _tier,
      ...body
    } = encoded.body;
    const call = fetch(
      new Request(access.chatUrl + provider.countPath, {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": "sluice", ...access.headers, ...own },
        body: JSON.stringify(body),
        redirect: "manual",
      }),
    );
    const response = await withDeadline(call, COUNT_DEADLINE_MS, "the provider's count");
    const reply: unknown = await withDeadline(response.json(), COUNT_DEADLINE_MS, "the provider's count");
    if (!response.ok || typeof reply !== "object" || reply === null || !("input_tokens" in reply)) return null;
    return typeof reply.input_tokens === "number" && reply.input_tokens >= 0 ? reply.input_tokens : null;
  } catch {
    // An estimate is there in any case.
    return null;
  }
}
