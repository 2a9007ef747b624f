import type { Principal } from "./auth";
import type { AliasRouting, GatewayConfig, TaskName } from "./config";
import { GatewayError } from "./core/errors";
import { sha256Hex } from "./core/hash";
import { errorFacts, type Log } from "./core/log";
import type { AttemptLog, Settled, ShapedFor } from "./dispatch";
import type { InferenceRequest } from "./inference";
import { estimateInputTokens, inputPrices } from "./metering";
import { promptCacheKey, withPromptCacheKey } from "./protocols";
import type { Deployment, Plan } from "./routing";
import { taskOf } from "./routing";
import {
  type CacheHistory,
  capOutput,
  counterOf,
  fitWindow,
  hasMarks,
  inputRoom,
  judgeContext,
  longestMark,
  markPromptCache,
  NO_CACHE_HISTORY,
  netSaving,
  OUTPUT_TOKENS_OF_TASK,
  observeCache,
  planSummary,
  prefixFamilies,
  type SummaryPlan,
  shouldMark,
  staticPrefix,
  summaryKeys,
  summaryRequest,
  withMarks,
  withSummary,
} from "./shaping";

/** Shorter prompts are below every model's minimum for prompt caching: nobody looks at them twice. In UTF-16 units of the body. */
const CACHEABLE_CHARS_MIN = 2000;
/** A key for the provider's own prompt cache is sent where what stands before the conversation is long enough to be cached by itself: 1,024 tokens, of any text. */
const KEYED_PREFIX_CHARS_MIN = 6000;
/** Behind the last question, an agent's latest rounds stay at least. */
const ROUNDS_MIN = 3;
/** Output that a window leaves room for where nobody names a cap. */
const OUTPUT_ROOM_TOKENS = 8192;
/** Estimates may be off by this much: a window is filled no further. */
const ESTIMATE_MARGIN = 1.1;

/** What the isolate knows of the prompt caching of its traffic. */
export interface CacheWorth {
  history: CacheHistory;
}

export function emptyCacheWorth(): CacheWorth {
  return { history: NO_CACHE_HISTORY };
}

/** Stored summaries. May fail or be slow: then a summary is made anew. */
export interface SummaryStore {
  get(key: string): Promise<string | null>;
  put(key: string, text: string): Promise<void>;
}

export interface ShapingPorts {
  worth: CacheWorth;
  summaries: SummaryStore;
  clock: () => number;
  log: Log;
  /** The prompt as its provider counts it; null where it does not. */
  countExactly: (request: InferenceRequest, deployment: Deployment) => Promise<number | null>;
}

export interface ShapedCall {
  request: InferenceRequest;
  bodyChars: number;
  principal: Principal;
  plan: Plan;
  task: TaskName | undefined;
  inputTokens: () => number;
}

/** What was done to a request, and what it saved. */
export interface ShapingFacts {
  leftOutTokens: number;
  leftOutTurns: number;
  strategy: "window" | "summarize" | null;
  /** What prompt caching saved: reads minus what writes cost more. null: no prices, or no marks and no reads. */
  cacheNetNanoUsd: number | null;
}

/** How much a request asks of its model is fitted to what it needs: the conversation, the output, the marks for the provider's cache. */
export class Shaped {
  readonly #call: ShapedCall;
  readonly #ports: ShapingPorts;
  readonly #config: GatewayConfig;
  readonly #alias: AliasRouting;
  #request: InferenceRequest;
  #summary: SummaryPlan | undefined;
  #facts: ShapingFacts = { leftOutTokens: 0, leftOutTurns: 0, strategy: null, cacheNetNanoUsd: null };
  #task: TaskName | undefined;
  #cacheKey: string | undefined;
  /** Of the marks: kinds of traffic, and what stands before the conversation. */
  #kinds: { keys: string[]; prefix: string } | undefined;
  readonly #marked = new Map<string, boolean>();
  readonly #extra: AttemptLog[] = [];

  constructor(call: ShapedCall, config: GatewayConfig, ports: ShapingPorts) {
    const alias = Object.hasOwn(config.aliases, call.request.model) ? config.aliases[call.request.model] : undefined;
    this.#call = call;
    this.#ports = ports;
    this.#config = config;
    this.#alias = !alias || Array.isArray(alias) ? {} : alias;
    this.#request = call.request;
  }

  /** The request as it is now; another object than the client's where turns were left out. */
  get request(): InferenceRequest {
    return this.#request;
  }

  get isCut(): boolean {
    return this.#request !== this.#call.request;
  }

  /** What tells the conversation as it is sent from the one that was asked, for what is stored of it. */
  get fingerprints(): string[] {
    return this.isCut ? [`left out ${this.#facts.leftOutTurns} turns`] : [];
  }

  /** The task whose default caps the output; undefined where a cap is asked for, or none is wanted. */
  get cappedFor(): TaskName | undefined {
    const { request, task, plan } = this.#call;
    const isByTask = (this.#alias.outputCap ?? this.#config.shaping.outputCap) === "task" || plan.route?.task !== undefined;
    if (!isByTask || request.outputTokensMax !== undefined) return undefined;
    this.#task ??= taskOf({ task: task ?? plan.route?.task, request });
    return this.#task;
  }

  get headers(): Record<string, string> {
    const { strategy, leftOutTurns, leftOutTokens } = this.#facts;
    return strategy ? { "x-sluice-context": `strategy=${strategy}; left_out_turns=${leftOutTurns}; left_out_tokens=${leftOutTokens}` } : {};
  }

  /** Fits the conversation into its window, as the alias says. Throws `bad-request` where it cannot or must not. */
  async fit(): Promise<void> {
    const { context } = this.#alias;
    if (!context || (context.strategy === "error" && context.inputTokensMax === undefined)) return;
    const { plan, inputTokens } = this.#call;
    const [deployment] = plan.chain;
    const output = Math.min(this.#call.request.outputTokensMax ?? OUTPUT_ROOM_TOKENS, deployment.capabilities.outputTokensMax);
    const limit = Math.min(context.inputTokensMax ?? Number.POSITIVE_INFINITY, inputRoom(deployment.capabilities.contextTokensMax, output));
    if (judgeContext(inputTokens(), 0, limit) === "fits") return;
    if (judgeContext(inputTokens(), 0, limit) === "near") {
      const exact = await this.#ports.countExactly(this.#call.request, deployment);
      if ((exact ?? (context.strategy === "error" ? inputTokens() : Number.POSITIVE_INFINITY)) <= limit) return;
    }
    if (context.strategy === "error") throw tooLong(inputTokens(), limit, "the alias's limit");
    const options = {
      inputTokensMax: Math.floor(limit / ESTIMATE_MARGIN),
      counter: counterOf(estimateInputTokens),
      pinFirst: context.pinFirst,
      lastRoundsMin: ROUNDS_MIN,
    };
    const planned = context.strategy === "summarize" ? planSummary(this.#call.request, options) : null;
    if (planned?.kind === "summarize") this.#summary = planned;
    const fitted = fitWindow(this.#call.request, options);
    if (fitted.kind === "too-long") throw tooLong(fitted.inputTokens, limit, "what must stay of it");
    if (fitted.kind === "whole") return;
    this.#request = fitted.request;
    const { turns, tokens } = fitted.leftOut;
    this.#facts = { ...this.#facts, strategy: "window", leftOutTurns: turns, leftOutTokens: tokens };
  }

  /** Puts a summary in the place of what was left out, where the alias wants one: a stored one, or one that `ask` makes. */
  async summarize(
    ask: (request: InferenceRequest, model: string) => Promise<{ text: string; attempts: AttemptLog[] } | null>,
  ): Promise<void> {
    const plan = this.#summary;
    if (!plan) return;
    const model = this.#summaryModel;
    if (model === undefined) return;
    try {
      const { principal } = this.#call;
      const keys = await summaryKeys(plan, `${principal.key.id} ${model}`, sha256Hex);
      const text = await this.#summaryOf(plan, keys, model, ask);
      if (text === null) return;
      this.#request = withSummary(plan, text);
      const leftOutTokens = Math.max(0, estimateInputTokens(this.#call.request) - estimateInputTokens(this.#request));
      this.#facts = { ...this.#facts, strategy: "summarize", leftOutTurns: plan.indexes.length, leftOutTokens };
    } catch (error) {
      // The window that fits is there already.
      this.#ports.log("warn", "summary-failed", errorFacts(error));
    }
  }

  async #summaryOf(
    plan: SummaryPlan,
    keys: { turns: number; key: string }[],
    model: string,
    ask: Parameters<Shaped["summarize"]>[0],
  ): Promise<string | null> {
    const { summaries } = this.#ports;
    const stored = await Promise.all(keys.map(({ key }) => summaries.get(key).catch(() => null)));
    const at = stored.findIndex((text) => text !== null);
    const [own] = keys;
    const earlier = stored[at];
    if (at === 0 && earlier) return earlier;
    const made = await ask(summaryRequest(plan, model, earlier ? { turns: keys[at]?.turns ?? 0, text: earlier } : undefined), model);
    if (!made || made.text.trim() === "") return null;
    this.#extra.push(...made.attempts);
    if (own)
      await summaries.put(own.key, made.text).catch((error: unknown) => this.#ports.log("warn", "summary-not-stored", errorFacts(error)));
    return made.text;
  }

  /** What has to be known before the first call upstream. */
  async prepare(): Promise<void> {
    const { principal, plan } = this.#call;
    if (!this.#mayMark || hasMarks(this.#request)) return;
    const prefix = staticPrefix(this.#request);
    const isShared = prefix.length >= KEYED_PREFIX_CHARS_MIN;
    if (isShared && plan.chain.some(({ provider }) => provider.promptCacheKey))
      this.#cacheKey = await promptCacheKey(principal.key.id, prefix);
    if (plan.chain.some(({ capabilities }) => capabilities.cacheMarkTokensMin !== undefined)) {
      const families = await Promise.all(prefixFamilies(this.#request).map(sha256Hex));
      this.#kinds = { keys: families.map((family) => `${principal.key.id} ${family}`), prefix: await sha256Hex(prefix) };
    }
  }

  /** For how long a provider may be asked to keep the prompt: to write it there costs more than plain input. Undefined: it is not asked. */
  cacheWriteOf({ capabilities }: Deployment): "5m" | "1h" | undefined {
    const tokensMin = capabilities.cacheMarkTokensMin;
    const own = longestMark(this.#request);
    if (own !== undefined || tokensMin === undefined || !this.#mayMark) return own;
    return markPromptCache(this.#request, { tokensMin, counter: counterOf(estimateInputTokens) }).length > 0 ? "5m" : undefined;
  }

  get #mayMark(): boolean {
    const isOn = (this.#alias.promptCache ?? this.#config.shaping.promptCache) !== "off";
    return isOn && this.#call.bodyChars >= CACHEABLE_CHARS_MIN;
  }

  /** What a small model will be asked to summarise, unless it has been before. */
  get summaryWanted(): InferenceRequest | undefined {
    const model = this.#summaryModel;
    return this.#summary && model !== undefined ? summaryRequest(this.#summary, model) : undefined;
  }

  get #summaryModel(): string | undefined {
    return this.#alias.context?.summaryModel ?? this.#config.auto?.small.find((step) => typeof step === "string");
  }

  /** The request for one deployment: capped, marked. */
  for(deployment: Deployment): ShapedFor {
    const { principal } = this.#call;
    const { provider, capabilities } = deployment;
    const patches: ShapedFor["patches"] = {};
    let request = this.#request;
    const task = this.cappedFor;
    const keyTokensMax = principal.key.policy.max_output_tokens;
    if (keyTokensMax !== undefined || task !== undefined) {
      const cap = capOutput(request, {
        ...(task === undefined ? {} : { defaultTokens: this.#defaultOf(task) }),
        ...(keyTokensMax === undefined ? {} : { keyTokensMax }),
        capabilities,
      });
      if (cap.outputTokensMax !== undefined && cap.outputTokensMax !== request.outputTokensMax && cap.from !== "model-limit") {
        patches.outputTokensMax = cap.outputTokensMax;
        request = { ...request, outputTokensMax: cap.outputTokensMax };
      }
    }
    const marks = this.#marksFor(deployment);
    if (marks.length > 0) {
      patches.cacheMarks = marks;
      request = withMarks(request, marks);
    }
    this.#marked.set(deployment.id, marks.length > 0);
    if (this.#cacheKey !== undefined && provider.promptCacheKey) {
      patches.promptCacheKey = this.#cacheKey;
      request = withPromptCacheKey(request, this.#cacheKey);
    }
    return { request, patches };
  }

  #marksFor({ id, capabilities }: Deployment): ReturnType<typeof markPromptCache> {
    const tokensMin = capabilities.cacheMarkTokensMin;
    const kinds = this.#kinds;
    if (tokensMin === undefined || !kinds || this.#call.inputTokens() < tokensMin) return [];
    const keys = kinds.keys.map((key) => `${id} ${key}`);
    if (!shouldMark(this.#ports.worth.history, keys, this.#ports.clock(), kinds.prefix)) return [];
    return markPromptCache(this.#request, { tokensMin, counter: counterOf(estimateInputTokens) });
  }

  #defaultOf(task: TaskName): number {
    return this.#config.tasks[task]?.outputTokensMax ?? OUTPUT_TOKENS_OF_TASK[task];
  }

  /** The calls that shaping itself made, put to those of the request: they cost too. */
  withExtra(settled: Settled): Settled {
    return this.#extra.length === 0 ? settled : { ...settled, attempts: [...this.#extra, ...settled.attempts] };
  }

  /** Learns from what a reply read and wrote; what it saved. */
  conclude({ deployment, outcome: { usage } }: Settled): ShapingFacts {
    if (!deployment || !usage) return this.#facts;
    const { cacheReadTokens: read = 0, cacheWrite5mTokens: write5m = 0, cacheWrite1hTokens: write1h = 0 } = usage;
    const kinds = this.#kinds;
    if (kinds && this.#marked.get(deployment.id)) {
      const prefixKeys = kinds.keys.map((key) => `${deployment.id} ${key}`);
      const seen = { prefixKeys, prefix: kinds.prefix, read, written: write5m, written1h: write1h };
      this.#ports.worth.history = observeCache(this.#ports.worth.history, this.#ports.clock(), seen);
    }
    if (read + write5m + write1h === 0) return this.#facts;
    const prices = inputPrices(deployment.provider, deployment.model, new Date(this.#ports.clock()));
    return prices ? { ...this.#facts, cacheNetNanoUsd: netSaving({ cacheRead: read, write5m, write1h }, prices) } : this.#facts;
  }
}

function tooLong(tokens: number, limit: number, what: string): GatewayError {
  return new GatewayError(
    "bad-request",
    `The conversation has about ${tokens} tokens; ${what} allows ${limit}. Send fewer turns, or ask the operator for an alias that leaves out or summarises old ones.`,
    { code: "context_length_exceeded", param: "messages" },
  );
}
