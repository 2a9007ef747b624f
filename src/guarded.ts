import type { Principal } from "./auth";
import type { GatewayConfig, GuardrailPolicy } from "./config";
import { GatewayError } from "./core/errors";
import { SseDecoder } from "./core/sse";
import type { AttemptLog, Reply, Settled } from "./dispatch";
import {
  checkOutput,
  Decisions,
  GUARDS_VERSION,
  type Guard,
  type GuardPolicies,
  inspectRequest,
  isUncertain,
  makeCanary,
  makeSpotlightMarker,
  mapTexts,
  type Place,
  type ReplyGuardOptions,
  sizeProblem,
  spotlight,
  spotlightNote,
  TextGuard,
  Vault,
  withCanary,
} from "./guardrails";
import type { InferenceEvent, InferenceRequest, InferenceResponse, JsonObject, Part } from "./inference";
import type { Protocol, ReplyOptions, StreamEncoder } from "./protocols";
import type { Deployment } from "./routing";

/** Texts that a second opinion is asked about, at most: the likeliest place for an attack is the latest. */
const OPINIONS_MAX = 3;

export interface GuardedCall {
  request: InferenceRequest;
  principal: Principal;
  protocol: Protocol;
  requestId: string;
  deployment: Deployment;
  inputTokens: () => number;
}

export interface GuardedPorts {
  policies: GuardPolicies;
  random: () => number;
  /** Whether another model takes this text for an attack (null when it does not say), and the calls that asking took. Never rejects. */
  opinion: (text: string, model: string) => Promise<{ isAttack: boolean | null; attempts: AttemptLog[] }>;
}

/** The guards' part in the life of one request. */
export class Guarded {
  readonly #call: GuardedCall;
  readonly #ports: GuardedPorts;
  readonly #policy: GuardrailPolicy;
  readonly #guards: readonly Guard[];
  readonly #vault: Vault;
  readonly #decisions = new Decisions();
  #request: InferenceRequest;
  #keyed: InferenceRequest;
  readonly #asked: AttemptLog[] = [];
  #refusal: GatewayError | undefined;
  #canary: string | undefined;

  constructor(call: GuardedCall, config: GatewayConfig, ports: GuardedPorts) {
    const alias = Object.hasOwn(config.aliases, call.request.model) ? config.aliases[call.request.model] : undefined;
    const own = !alias || Array.isArray(alias) ? undefined : alias.guardrails;
    this.#call = call;
    this.#ports = ports;
    const { policy, guards } = ports.policies.of([config.guardrails, own, call.principal.key.policy.guardrails]);
    this.#policy = policy;
    this.#guards = guards;
    this.#vault = new Vault({ mode: this.#policy.pii?.mode ?? "reversible" });
    this.#request = call.request;
    this.#keyed = call.request;
  }

  /** The request as it may be sent; another object than the client's where something was replaced. */
  get request(): InferenceRequest {
    return this.#request;
  }

  /** The request by which replies are stored and found: with what was replaced, without marks that are new each time. */
  get keyed(): InferenceRequest {
    return this.#keyed;
  }

  get isChanged(): boolean {
    return this.#request !== this.#call.request;
  }

  /** What decides, besides the request, which reply may be given: part of the cache's keys. */
  get fingerprint(): string {
    return Object.keys(this.#policy).length === 0 ? "" : `guards ${GUARDS_VERSION} ${JSON.stringify(this.#policy)}`;
  }

  get headers(): Record<string, string> {
    const { header } = this.#decisions;
    return header === undefined ? {} : { "x-sluice-guardrail": header };
  }

  get decisions(): Decisions["list"] {
    return this.#decisions.list;
  }

  /** Looks at every text of the request, and replaces what is to be replaced. Throws nothing: `refused` tells. */
  inspectInput(): void {
    const { request } = this.#call;
    const texts = textsOf(request);
    const problem =
      this.#policy.sizes &&
      sizeProblem(
        texts.map(([text]) => text),
        this.#policy.sizes,
      );
    if (problem) {
      this.#decisions.add({ guard: "sizes", direction: "input", action: "block" });
      this.#refusal = blocked(`sizes`, `its ${problem.limit} is ${problem.max}, this request has ${problem.actual}`);
      return;
    }
    const inspected = inspectRequest(request, this.#guards, this.#vault, this.#decisions);
    if (inspected.blockedBy) {
      const { guard, isFailure } = inspected.blockedBy;
      this.#refusal = isFailure ? failed(guard) : blocked(guard);
      return;
    }
    this.#request = inspected.request;
    this.#keyed = inspected.request;
    this.#prepare();
  }

  /** The reply to a request that a guard refuses; nothing was sent, nothing costs anything. */
  get refused(): Reply | undefined {
    const error = this.#refusal;
    if (!error) return undefined;
    const outcome = { status: "error", httpStatus: error.status, errorClass: "guardrail", outputBytes: 0 } as const;
    const settled: Settled = { deployment: null, warnings: [], outcome, attempts: [] };
    return { kind: "refused", error, settled: Promise.resolve(settled) };
  }

  /** The calls that guards themselves made, put to those of the request: they cost too. */
  withAsked(settled: Settled): Settled {
    return this.#asked.length === 0 ? settled : { ...settled, attempts: [...this.#asked, ...settled.attempts] };
  }

  /** The reply with what was replaced put back, and looked at itself. Whole replies that may not leave become refusals. */
  inspectReply(reply: Reply): Reply {
    if (reply.kind === "refused" || !this.#isNeeded) return reply;
    if (reply.kind === "stream") return { ...reply, body: this.#inspectStream(reply.body) };
    const { protocol, requestId } = this.#call;
    const body = JSON.parse(reply.body) as JsonObject; // encoded by this protocol
    const response = protocol.decodeResponse(body, { requestId });
    const inspected = this.#inspectResponse(response);
    if (inspected instanceof GatewayError) {
      return { kind: "refused", error: inspected, answered: reply.answered, settled: reply.settled };
    }
    return { ...reply, body: JSON.stringify(protocol.encodeResponse(inspected, this.#options(inspected.model)).body) };
  }

  get #isNeeded(): boolean {
    const { leak, outputSchema } = this.#policy;
    const watches = this.#guards.some(({ output }) => output !== "off") || isOn(leak?.output) || isOn(outputSchema?.action);
    return watches || this.#vault.size > 0;
  }

  #inspectResponse(response: InferenceResponse): InferenceResponse | GatewayError {
    let blockedBy = false;
    const through = (text: string, mode: "text" | "json"): string => {
      const guard = new TextGuard(this.#replyOptions(), mode);
      const passed = guard.push(text) + guard.end();
      blockedBy ||= guard.isBlocked;
      return passed;
    };
    const mapPart = (part: Part): Part => {
      if (part.type === "text" || part.type === "refusal" || part.type === "reasoning")
        return { ...part, text: through(part.text, "text") };
      return part.type === "tool-call" ? { ...part, arguments: through(part.arguments, "json") } : part;
    };
    const choices = response.choices.map((choice) => ({ ...choice, parts: choice.parts.map(mapPart) }));
    if (blockedBy) return blocked(this.#lastBlocker(), "the reply holds what may not leave");
    const { outputSchema } = this.#policy;
    const action = outputSchema?.action ?? "off";
    if (outputSchema && action !== "off") {
      const text = choices[0]?.parts.map((part) => (part.type === "text" ? part.text : "")).join("") ?? "";
      if (checkOutput(outputSchema.schema, text).length > 0) {
        this.#decisions.add({ guard: "output-schema", direction: "output", action });
        if (action === "block") return blocked("output-schema", "the reply is not what the schema asks for");
      }
    }
    return { ...response, choices };
  }

  /** The stream, read and written anew. A block ends it as a provider's content filter would. */
  #inspectStream(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const { protocol, requestId } = this.#call;
    const [sse, decoder] = [new SseDecoder(), protocol.streamDecoder({ requestId })];
    // The reply goes on under the name that it came with.
    let encoder: StreamEncoder | undefined;
    const encode = (event: InferenceEvent): string => {
      encoder ??= protocol.streamEncoder(this.#options(event.type === "start" ? event.model : ""));
      return encoder.push(event);
    };
    const guards = new StreamGuard(this.#replyOptions());
    const reader = source.getReader();
    const utf8 = new TextEncoder();
    const written = (events: readonly InferenceEvent[]): string => guards.pass(events).map(encode).join("");
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          for (;;) {
            const { done, value } = await reader.read();
            const frames = done ? sse.end() : sse.push(value);
            const events = frames.flatMap((frame) => decoder.push(frame));
            const text = written(done ? [...events, ...decoder.end()] : events);
            // A comment keeps the connection alive, and is no event.
            const isComment = !done && frames.length === 0 && value[0] === COLON;
            if (isComment) controller.enqueue(value);
            else if (text !== "") controller.enqueue(utf8.encode(text));
            if (done) return controller.close();
            if (guards.isOver) {
              controller.close();
              return reader.cancel();
            }
            if (isComment || text !== "") return;
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  #replyOptions(): ReplyGuardOptions {
    const { leak } = this.#policy;
    const guards = this.#guards;
    const action = leak?.output ?? "off";
    const systemText = textsOf(this.#call.request).flatMap(([text, place]) => (place === "system" ? [text] : []));
    return {
      ...{ guards, vault: this.#vault, decisions: this.#decisions },
      ...(action === "off"
        ? {}
        : { leak: { action, systemText: systemText.join("\n"), ...(this.#canary === undefined ? {} : { canary: this.#canary }) } }),
    };
  }

  /** The texts between clean and attack are shown to another model, where the policy names one; after admission, as it costs. */
  async seekOpinion(): Promise<void> {
    const { injection } = this.#policy;
    const action = injection?.input ?? "off";
    if (!injection?.secondOpinion || action === "off" || this.#refusal) return;
    const asked = textsOf(this.#keyed)
      .filter(([text, place]) => isUncertain(text, place))
      .slice(-OPINIONS_MAX);
    for (const [text] of asked) {
      const { isAttack, attempts } = await this.#ports.opinion(text, injection.secondOpinion);
      this.#asked.push(...attempts);
      if (isAttack === null) {
        const isOpen = (injection.onFailure ?? "open") === "open";
        this.#decisions.add({ guard: "injection", direction: "input", action: isOpen ? "failed-open" : "failed-closed" });
        if (!isOpen) this.#refusal = failed("injection");
      } else if (isAttack) {
        this.#decisions.add({ guard: "injection", direction: "input", action });
        if (action === "block") this.#refusal = blocked("injection");
      }
    }
  }

  /** Marks that the model is told of: a canary in the system prompt, brackets around what is data. */
  #prepare(): void {
    const { injection, leak } = this.#policy;
    if (injection?.spotlight && textsOf(this.#request).some(([, place]) => isUntrusted(place))) {
      const marker = makeSpotlightMarker(this.#ports.random);
      const marked = mapTexts(this.#request, (text, place) => (isUntrusted(place) ? spotlight(text, marker) : text));
      const note = { role: "system" as const, parts: [{ type: "text" as const, text: spotlightNote(marker) }] };
      const at = marked.turns.findLastIndex(({ role }, index) => role === "system" && index === leadingSystem(marked) - 1) + 1;
      this.#request = { ...marked, turns: marked.turns.toSpliced(at, 0, note) };
    }
    if (!leak?.canary || !isOn(leak.output)) return;
    let isFirst = true;
    const canary = makeCanary(this.#ports.random);
    const marked = mapTexts(this.#request, (text, place) => {
      if (place !== "system" || !isFirst) return text;
      isFirst = false;
      return withCanary(text, canary);
    });
    if (isFirst) return;
    this.#canary = canary;
    this.#request = marked;
  }

  #lastBlocker(): string {
    return this.#decisions.list.findLast(({ action, direction }) => action === "block" && direction === "output")?.guard ?? "guardrail";
  }

  #options(named: string): ReplyOptions {
    const { requestId, deployment, inputTokens } = this.#call;
    const { streamUsage } = this.#request;
    return { requestId, model: named || deployment.model, createdAt: 0, streamUsage, inputTokensEstimate: inputTokens() };
  }
}

const COLON = 0x3a;

/** Every text of a streamed reply has a guard of its own. */
class StreamGuard {
  readonly #options: ReplyGuardOptions;
  readonly #open = new Map<string, { guard: TextGuard; kind: "text" | "reasoning" | "refusal" | "arguments" }>();
  /** A guard has ended the reply. */
  isOver = false;

  constructor(options: ReplyGuardOptions) {
    this.#options = options;
  }

  pass(events: readonly InferenceEvent[]): InferenceEvent[] {
    const passed: InferenceEvent[] = [];
    for (const event of events) {
      if (this.isOver) break;
      passed.push(...this.#pass(event));
    }
    return passed;
  }

  #pass(event: InferenceEvent): InferenceEvent[] {
    if (event.type === "part-start") {
      const { start } = event;
      if (start.type === "tool-call") this.#open.set(keyOf(event), { guard: new TextGuard(this.#options, "json"), kind: "arguments" });
      if (start.type === "text" || start.type === "reasoning" || start.type === "refusal")
        this.#open.set(keyOf(event), { guard: new TextGuard(this.#options, "text"), kind: start.type });
      return [event];
    }
    if (event.type !== "part-delta" && event.type !== "part-end") return [event];
    const held = this.#open.get(keyOf(event));
    if (!held || (event.type === "part-delta" && !("text" in event.delta))) return [event];
    const text = event.type === "part-end" ? held.guard.end() : "text" in event.delta ? held.guard.push(event.delta.text) : "";
    const { choice, part } = event;
    const shown: InferenceEvent[] = text === "" ? [] : [{ type: "part-delta", choice, part, delta: { type: held.kind, text } }];
    if (event.type === "part-end") this.#open.delete(keyOf(event));
    if (held.guard.isBlocked) {
      this.isOver = true;
      const closing: InferenceEvent[] = [...this.#open.keys()].map((key) => {
        const [openChoice = 0, openPart = 0] = key.split(" ").map(Number);
        return { type: "part-end", choice: openChoice, part: openPart };
      });
      const ending = event.type === "part-end" ? [event, ...closing] : closing;
      return [...shown, ...ending, { type: "finish", choice, reason: { kind: "refusal", raw: null } }, { type: "end" }];
    }
    return event.type === "part-end" ? [...shown, event] : shown;
  }
}

function keyOf({ choice, part }: { choice: number; part: number }): string {
  return `${choice} ${part}`;
}

function isOn(action: string | undefined): boolean {
  return action !== undefined && action !== "off";
}

function isUntrusted(place: Place): boolean {
  return place === "tool-result" || place === "document";
}

/** How many turns of the system's stand before the conversation. */
function leadingSystem({ turns }: InferenceRequest): number {
  const first = turns.findIndex(({ role }) => role !== "system");
  return first < 0 ? turns.length : first;
}

function textsOf(request: InferenceRequest): [text: string, place: Place][] {
  const texts: [string, Place][] = [];
  mapTexts(request, (text, place) => {
    texts.push([text, place]);
    return text;
  });
  return texts;
}

function blocked(guard: string, why = ""): GatewayError {
  const message = `This was blocked by the guardrail \`${guard}\`${why === "" ? "" : `: ${why}`}. Change the text, or ask the operator of this gateway about its rules.`;
  return new GatewayError("forbidden", message, { code: "guardrail_blocked" });
}

function failed(guard: string): GatewayError {
  return new GatewayError("unavailable", `The guardrail \`${guard}\` could not check this request, and this key then refuses it.`, {
    code: "guardrail_unavailable",
    retryAfterSeconds: 5,
  });
}
