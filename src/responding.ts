import type { Call } from "./call";
import { headerText, setRetryAfter, usdText } from "./core/headers";
import type { Reply } from "./dispatch";
import type { UsageRecord } from "./metering";
import type { Plan } from "./routing";

/** The reply as the client gets it. */
export async function responseOf(call: Call, reply: Reply, record: Promise<UsageRecord>, headers: Headers): Promise<Response> {
  switch (reply.kind) {
    case "stream":
      headers.set("content-type", "text/event-stream; charset=utf-8");
      headers.set("cache-control", "no-cache, no-transform");
      return new Response(reply.body, { headers });
    case "whole": {
      const { costNanoUsd, savedNanoUsd, promptCacheNanoUsd, leftOutNanoUsd, routingNanoUsd } = await record;
      if (costNanoUsd !== null) headers.set("x-sluice-cost-usd", usdText(costNanoUsd));
      const saved = savedNanoUsd + (promptCacheNanoUsd ?? 0) + leftOutNanoUsd + routingNanoUsd;
      if (saved !== 0) headers.set("x-sluice-saved-usd", usdText(saved));
      headers.set("content-type", "application/json");
      return new Response(reply.body, { headers });
    }
    case "refused":
      return refusal(call, reply, headers);
  }
}

/** The upstream's own words where they are in the client's protocol; else the error, to be rendered in it. */
function refusal(call: Call, reply: Extract<Reply, { kind: "refused" }>, headers: Headers): Response {
  const { error, nativeBody } = reply;
  setRetryAfter(headers, error.retryAfterSeconds);
  headers.set("content-type", "application/json");
  return new Response(nativeBody ?? JSON.stringify(call.protocol.encodeError(error, call.requestId)), { status: error.status, headers });
}

/** `task=…; complexity=…; tier=…`, and why a cascade went up, where the router chose. */
export function routeHeader({ route }: Plan, escalations: readonly string[]): Record<string, string> {
  const { task, complexity, tier } = route ?? {};
  const told = [
    ...(task === undefined ? [] : [`task=${task}`]),
    ...(complexity === undefined ? [] : [`complexity=${complexity.toFixed(2)}`]),
    ...(tier === undefined ? [] : [`tier=${tier}`]),
    ...(escalations.length === 0 ? [] : [`escalated=${escalations.join(",")}`]),
  ];
  return told.length === 0 ? {} : { "x-sluice-route": headerText(told.join("; ")) };
}

/** What each step took, in milliseconds. */
export function serverTiming(timings: [step: string, ms: number][]): string {
  return timings.map(([step, ms]) => `${step};dur=${ms}`).join(", ");
}
