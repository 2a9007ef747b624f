import type { TestGateway } from "../support/gateway";

/** A request as it reached the simulated provider. */
export interface UpstreamCall {
  path: string;
  model: string | undefined;
  /** The parsed body; tests say which shape they expect of it. */
  body: unknown;
  headers: Record<string, string>;
  status: number | undefined;
  /** The gateway hung up before the reply was over. */
  aborted: boolean;
}

/** Everything that reached the simulated providers so far, oldest first. */
export async function upstreamCalls(gateway: TestGateway): Promise<UpstreamCall[]> {
  const response = await ask(gateway, "/log");
  return (await response.json()) as UpstreamCall[]; // the simulator's own log
}

/** The last request that reached a simulated provider. */
export async function lastUpstreamCall(gateway: TestGateway): Promise<UpstreamCall> {
  const call = (await upstreamCalls(gateway)).at(-1);
  if (!call) throw new Error("no request has reached the simulator");
  return call;
}

/** Milliseconds until the last call upstream was seen to be ended by the gateway. Throws after `withinMs`. */
export async function untilAborted(gateway: TestGateway, withinMs: number): Promise<number> {
  const startedAtMs = Date.now();
  for (;;) {
    const { aborted, status } = await lastUpstreamCall(gateway);
    const sinceMs = Date.now() - startedAtMs;
    if (aborted) return sinceMs;
    if (sinceMs > withinMs) throw new Error(`the call upstream (status ${status}) still runs ${sinceMs} ms after the client left`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Gives the simulator a reply to answer with, byte for byte, when a model's name says `;case:` and this id. */
export async function recordCase(gateway: TestGateway, id: string, contentType: string, body: string): Promise<void> {
  const bodyBase64 = Buffer.from(body).toString("base64");
  const upload = JSON.stringify({ status: 200, headers: { "content-type": contentType }, bodyBase64 });
  const response = await ask(gateway, `/cases/${id}`, { method: "PUT", body: upload });
  if (!response.ok) throw new Error(`case ${id} was not taken: ${await response.text()}`);
}

function ask(gateway: TestGateway, path: string, init: { method?: string; body?: string } = {}) {
  return gateway.harness.getWorker("sluice-simulator").fetch(`http://simulator.invalid/_simulator${path}`, init);
}
