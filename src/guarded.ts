import type { Principal } from "./auth";
import type { GatewayConfig, GuardrailPolicy } from "./config";
import { GatewayError } from "./core/errors";
import { sha256Hex } from "./core/hash";
import { seededBy } from "./core/random";
import { SseDecoder } from "./core/sse";
import type { AttemptLog, Reply, Settled } from "./dispatch";
import {
  Decisions,
  GUARDS_VERSION,
  type Guard,
  type GuardPolicies,
  inspectRequest,
  inspectResponse,
  isUncertain,
  makeCanary,
  makeSpotlightMarker,
  mapTexts,
  NOTHING_REPLACED,
  OUTPUT_SCHEMA,
  type Place,
  type ReplyGuardOptions,
  StreamGuard,
  sizeProblem,
  spotlighted,
  spotlightNote,
  Vault,
  withCanary,
} from "./guardrails";
import type { InferenceEvent, InferenceRequest, InferenceResponse, JsonObject } from "./inference";
import type { KeptReply } from "./limits";
import type { Protocol, ReplyOptions, StreamEncoder } from "./protocols";
import type { Deployment } from "./routing";

/** Texts that a second opinion is asked about, at most: the likeliest place for an attack is the latest. */
const OPINIONS_MAX = 3;

export interface GuardedCall {
  request: InferenceRequest;
  /** Names that the client wants tried after the model's: their aliases' guards hold too. */
  others: readonly string[];
  principal: Principal;
  protocol: Protocol;
  requestId: string;
  deployment: Deployment;
  inputTokens: () => number;
  clientGone: AbortSignal;
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
    const own = [call.request.model, ...call.others].map((name) => {
      const alias = Object.hasOwn(config.aliases, name) ? config.aliases[name] : undefined;
      return !alias || Array.isArray(alias) ? undefined : alias.guardrails;
    });
    this.#call = call;
    this.#ports = ports;
    const { policy, guards } = ports.policies.of([config.guardrails, ...own, call.principal.key.policy.guardrails]);
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

  /** Some guard wants to see what the request says. */
  get looksAtInput(): boolean {
    return this.#guards.some(({ input }) => input !== "off");
  }

  /** A text as its client will see it. */
  restored(text: string): string {
    return this.#vault.restoreJson(text);
  }

  get isChanged(): boolean {
    return this.#request !== this.#call.request;
  }

  /** What decides, besides the request, which reply may be given: part of the cache's keys. */
  get fingerprint(): string {
    return Object.keys(this.#policy).length === 0 ? "" : `guards ${GUARDS_VERSION} ${JSON.stringify(this.#policy)}`;
  }

  /** The same in a hash, for what is kept; undefined where there are no guards. */
  get mark(): Promise<string | undefined> {
    const { fingerprint } = this;
    return fingerprint === "" ? Promise.resolve(undefined) : sha256Hex(fingerprint);
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
    if (Object.keys(this.#policy).length === 0) return;
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
    if (reply.kind === "refused" || !(this.#watchesReplies || this.#vault.size > 0)) return reply;
    if (reply.kind === "stream") {
      const { body, over } = this.#inspectStream(reply.body, this.#replyOptions());
      // The row tells what guards did: it waits until they have seen the last of it.
      return { ...reply, body, settled: Promise.all([reply.settled, over]).then(([settled, isBlocked]) => withheld(settled, isBlocked)) };
    }
    const body = this.#inspectWhole(reply.body, this.#replyOptions());
    if (!(body instanceof GatewayError)) return { ...reply, body };
    const settled = reply.settled.then((one) => withheld(one, true));
    return { kind: "refused", error: body, answered: reply.answered, settled };
  }

  /**
   * What was said to the same request before, values put back, as the guards of today let it go. Where they are those of then, it is as it was. Throws
   * where it may not leave.
   */
  async inspectKept({ body, guards, headers }: KeptReply): Promise<Uint8Array | ReadableStream<Uint8Array> | string> {
    if (!this.#watchesReplies || guards === (await this.mark)) return body;
    const options = { ...this.#replyOptions(), vault: NOTHING_REPLACED, own: this.#vault.spellings };
    if (headers["content-type"]?.startsWith("text/event-stream")) return this.#inspectStream(new Blob([body]).stream(), options).body;
    const inspected = this.#inspectWhole(new TextDecoder().decode(body), options);
    if (inspected instanceof GatewayError) throw inspected;
    return inspected;
  }

  get #watchesReplies(): boolean {
    const { leak, outputSchema } = this.#policy;
    return this.#guards.some(({ output }) => output !== "off") || isOn(leak?.output) || isOn(outputSchema?.action);
  }

  #inspectWhole(body: string, options: ReplyGuardOptions): string | GatewayError {
    const { protocol, requestId } = this.#call;
    const response = protocol.decodeResponse(JSON.parse(body) as JsonObject, { requestId }); // encoded by this protocol
    const inspected = this.#inspectResponse(response, options);
    if (inspected instanceof GatewayError) return inspected;
    return JSON.stringify(protocol.encodeResponse(inspected, this.#options(inspected.model)).body);
  }

  #inspectResponse(response: InferenceResponse, options: ReplyGuardOptions): InferenceResponse | GatewayError {
    const { response: inspected, isBlocked } = inspectResponse(response, options);
    if (!isBlocked) return inspected;
    const guard = this.#lastBlocker();
    return blocked(guard, guard === OUTPUT_SCHEMA ? "the reply is not what the schema asks for" : "the reply holds what may not leave");
  }

  /** The stream, read and written anew. A block ends it as a provider's content filter would; `over` then tells true. */
  #inspectStream(
    source: ReadableStream<Uint8Array>,
    options: ReplyGuardOptions,
  ): { body: ReadableStream<Uint8Array>; over: Promise<boolean> } {
    const { promise: over, resolve: isOver } = Promise.withResolvers<boolean>();
    this.#call.clientGone.addEventListener("abort", () => isOver(false), { once: true });
    const { protocol, requestId } = this.#call;
    const [sse, decoder] = [new SseDecoder(), protocol.streamDecoder({ requestId })];
    // The reply goes on under the name that it came with.
    let encoder: StreamEncoder | undefined;
    const encode = (event: InferenceEvent): string => {
      encoder ??= protocol.streamEncoder(this.#options(event.type === "start" ? event.model : ""));
      return encoder.push(event);
    };
    const guards = new StreamGuard(options);
    const reader = source.getReader();
    const utf8 = new TextEncoder();
    const written = (events: readonly InferenceEvent[]): string => guards.pass(events).map(encode).join("");
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          for (;;) {
            const { done, value } = await reader.read();
            const commentsBefore = sse.comments;
            const frames = done ? sse.end() : sse.push(value);
            const events = frames.flatMap((frame) => decoder.push(frame));
            const text = written(done ? [...events, ...decoder.end()] : events);
            // A comment keeps the connection alive, and is no event.
            const isComment = !done && frames.length === 0 && sse.comments > commentsBefore;
            if (isComment) controller.enqueue(utf8.encode(": keep-alive\n\n"));
            else if (text !== "") controller.enqueue(utf8.encode(text));
            if (done || guards.isOver) {
              controller.close();
              isOver(guards.isOver);
              return done ? undefined : reader.cancel();
            }
            if (isComment || text !== "") return;
          }
        },
        cancel: (reason) => {
          isOver(false);
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return { body, over };
  }

  #replyOptions(): ReplyGuardOptions {
    const { leak, outputSchema } = this.#policy;
    const guards = this.#guards;
    const action = leak?.output ?? "off";
    const ofOutput = outputSchema?.action ?? "off";
    const systemText = leakText(this.#keyed);
    return {
      ...{ guards, vault: this.#vault, decisions: this.#decisions, isJson: this.#request.outputFormat !== undefined },
      ...(outputSchema && ofOutput !== "off" ? { outputRule: { schema: outputSchema.schema, action: ofOutput } } : {}),
      ...(action === "off" ? {} : { leak: { action, systemText, ...(this.#canary === undefined ? {} : { canary: this.#canary }) } }),
    };
  }

  /** Texts between clean and attack, each with the model whose opinion of it the policy asks for. */
  get opinionsWanted(): (readonly [text: string, model: string])[] {
    const { secondOpinion: model, input: action = "off" } = this.#policy.injection ?? {};
    if (!model || action === "off" || this.#refusal) return [];
    const uncertain = textsOf(this.#keyed).filter(([text, place]) => isUncertain(text, place));
    return uncertain.slice(-OPINIONS_MAX).map(([text]) => [text, model] as const);
  }

  /** Those texts are shown to that model; after admission, as it costs. */
  async seekOpinion(): Promise<void> {
    const { input: action = "off", onFailure = "open" } = this.#policy.injection ?? {};
    for (const [text, model] of this.opinionsWanted) {
      const { isAttack, attempts } = await this.#ports.opinion(text, model);
      this.#asked.push(...attempts);
      if (isAttack === null) {
        this.#decisions.add({ guard: "injection", direction: "input", action: `failed-${onFailure}` });
        if (onFailure === "closed") this.#refusal = failed("injection");
      } else if (isAttack && action !== "off") {
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
      const marked = spotlighted(this.#request, marker);
      const note = { role: "system" as const, parts: [{ type: "text" as const, text: spotlightNote(marker) }] };
      const at = marked.turns.findLastIndex(({ role }, index) => role === "system" && index === leadingSystem(marked) - 1) + 1;
      this.#request = { ...marked, turns: marked.turns.toSpliced(at, 0, note) };
    }
    if (!leak?.canary || !isOn(leak.output)) return;
    let isFirst = true;
    // The same for the same system prompt of the same key: the provider's prompt cache finds it again, and a reply that is shared or stored is
    // watched by the word that it was made with.
    const canary = makeCanary(seededBy(`${this.#call.principal.key.id}\n${leakText(this.#request)}`));
    const marked = mapTexts(this.#request, (text, place) => {
      if (place !== "system" || !isFirst) return text;
      isFirst = false;
      return withCanary(text, canary);
    });
    if (isFirst) return;
    this.#canary = canary;
    this.#request = marked;
    // Only who knows this very canary sees that a reply holds it: such replies are nobody else's.
    this.#keyed = marked;
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

function withheld(settled: Settled, isWithheld: boolean): Settled {
  return isWithheld ? { ...settled, isWithheld } : settled;
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

function leakText(request: InferenceRequest): string {
  return textsOf(request)
    .flatMap(([text, place]) => (place === "system" ? [text] : []))
    .join("\n");
}

function failed(guard: string): GatewayError {
  const message = `The guardrail \`${guard}\` could not check this request (it may be too long), and this key then refuses it. Send less, or ask the operator.`;
  return new GatewayError("forbidden", message, { code: "guardrail_failed" });
}
