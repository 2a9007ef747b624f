import type { CorpusCase } from "./cases.ts";
import { Client, type ClientReply } from "./client.ts";
import { checkCrossProtocol, checkTranslated } from "./cross-protocol.ts";
import { otherWire } from "./expected-view.ts";
import { brief, type JsonObject } from "./json.ts";
import { modelOf, type Received, type ReplayUpstream, startReplayUpstream } from "./replay-upstream.ts";
import { PROVIDERS, plainRequest, recordedRequest, withoutUsage } from "./requests.ts";
import { checkReceived, checkSameProtocol } from "./same-protocol.ts";
import type { Split } from "./split.ts";

/** One way of sending a case through the gateway. */
export interface Mode {
  /**
   * Who asks: a client of the recording's own wire, the same without asking for usage in the stream (which the gateway then hides, on
   * another path), or a client of the other wire.
   */
  client: "same" | "unasked" | "cross";
  /** How the upstream's answer arrives. */
  split: Split;
}

/** The ways in which a case is sent: each client with each split, as far as they differ. */
export function modesOf(recorded: CorpusCase): Mode[] {
  const hasOption = recorded.wire === "openai-chat" && recorded.streaming;
  const clients: Mode["client"][] = hasOption ? ["same", "unasked", "cross"] : ["same", "cross"];
  return clients.flatMap((client) => (["whole", "random", "bytes"] as const).map((split) => ({ client, split })));
}

/** What became of one case in one mode; it passed when there are no faults. */
export interface Verdict {
  case: string;
  mode: string;
  faults: string[];
}

/** A gateway whose upstream is a replay of recordings. */
export interface CorpusRig {
  run: (recorded: CorpusCase, mode: Mode) => Promise<Verdict>;
  close: () => Promise<void>;
}

/** What the rig needs of a running gateway. */
export interface Gateway {
  url: string;
  key: string;
  close: () => Promise<void>;
}

/** No real credentials; they let the gateway call, and are looked for where they must not be. */
const CREDENTIALS = { "openai-chat": "dummy-openai-credential", "anthropic-messages": "dummy-anthropic-credential" } as const;
/** Cases that are under way at once. */
const CONCURRENCY = 6;

/** Starts a replay of `cases` and, with `start`, a gateway whose providers it is. */
export async function startRig(
  cases: readonly CorpusCase[],
  start: (secrets: Record<string, string>) => Promise<Gateway>,
): Promise<CorpusRig> {
  const upstream = await startReplayUpstream(cases);
  const gateway = await start({
    OPENAI_API_KEY: CREDENTIALS["openai-chat"],
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    ANTHROPIC_API_KEY: CREDENTIALS["anthropic-messages"],
    ANTHROPIC_BASE_URL: upstream.url,
  });
  const client = new Client(gateway.url, gateway.key);
  return {
    async run(recorded, mode) {
      const model = modelOf(recorded, mode.split, mode.client);
      let faults: string[];
      try {
        faults = await runCase(recorded, mode, model, { client, upstream, key: gateway.key });
      } catch (error) {
        faults = [`no reply: ${error instanceof Error ? error.message : String(error)}`];
      }
      return { case: recorded.id, mode: `${mode.client}/${mode.split}`, faults };
    },
    async close() {
      client.close();
      await gateway.close();
      await upstream.close();
    },
  };
}

/** Runs every case in every mode, several at once; `report` is called with each verdict as it falls. */
export async function runAll(rig: CorpusRig, cases: readonly CorpusCase[], report: (verdict: Verdict) => void): Promise<void> {
  const jobs = cases.flatMap((recorded) => modesOf(recorded).map((mode) => ({ recorded, mode })));
  const work = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) report(await rig.run(job.recorded, job.mode));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

interface Ends {
  client: Client;
  upstream: ReplayUpstream;
  /** The client's own key for the gateway. */
  key: string;
}

async function runCase(recorded: CorpusCase, mode: Mode, model: string, ends: Ends): Promise<string[]> {
  const asked = `${PROVIDERS[recorded.wire]}/${model}`;
  if (mode.client === "cross") {
    const wire = otherWire(recorded.wire);
    const reply = await ends.client.ask(wire, plainRequest(wire, asked, recorded.streaming));
    const received = ends.upstream.take(model);
    return [
      ...checkCrossProtocol(recorded, reply),
      ...checkTranslated(recorded, model, received[0]),
      ...checkExchange(recorded, reply, received, ends),
    ];
  }
  const sent = mode.client === "unasked" ? withoutUsage(recordedRequest(recorded, asked)) : recordedRequest(recorded, asked);
  const reply = await ends.client.ask(recorded.wire, sent);
  const received = ends.upstream.take(model);
  if (isRefusedByGateway(recorded, reply, received)) return runWithPlainRequest(recorded, model, asked, ends);
  return [
    ...checkSameProtocol(recorded, sent, reply),
    ...checkReceived(recorded, sent, model, received[0]),
    ...checkExchange(recorded, reply, received, ends),
  ];
}

/** A request that the provider refused as malformed may be refused by the gateway before it costs a call. */
function isRefusedByGateway(recorded: CorpusCase, reply: ClientReply, received: Received[]): boolean {
  return recorded.kind === "error" && recorded.request !== undefined && reply.status === 400 && received.length === 0;
}

async function runWithPlainRequest(recorded: CorpusCase, model: string, asked: string, ends: Ends): Promise<string[]> {
  const sent: JsonObject = plainRequest(recorded.wire, asked, recorded.streaming);
  const reply = await ends.client.ask(recorded.wire, sent);
  return [...checkSameProtocol(recorded, sent, reply), ...checkExchange(recorded, reply, ends.upstream.take(model), ends)];
}

/** What holds of every exchange: one call, with the gateway's credential and not the client's, and a reply with the headers it owes. */
function checkExchange({ wire, streaming, kind }: CorpusCase, reply: ClientReply, received: Received[], { key }: Ends): string[] {
  const faults: string[] = [];
  if (received.length !== 1) faults.push(`the upstream was called ${received.length} times`);
  const [call] = received;
  const credential = wire === "openai-chat" ? call?.headers.authorization : call?.headers["x-api-key"];
  if (call && !credential?.includes(CREDENTIALS[wire])) faults.push("the upstream was called without the gateway's credential");
  if (call && JSON.stringify(call.headers).includes(key)) faults.push("the client's key reached the upstream");
  const said = JSON.stringify(reply.headers) + reply.body.toString();
  if (Object.values(CREDENTIALS).some((secret) => said.includes(secret))) faults.push("the gateway's credential reached the client");
  if (reply.broken) faults.push("the connection to the client broke");
  if (!reply.headers["x-request-id"]) faults.push("no x-request-id");
  const type = streaming && kind !== "error" ? "text/event-stream" : "application/json";
  if (reply.status === 200 && !reply.headers["content-type"]?.startsWith(type))
    faults.push(`content-type ${brief(reply.headers["content-type"])}`);
  return faults;
}
