import type { Ask, OfferedTool, Reply, ReplyCall, Stop } from "./ask";
import { spacedJson } from "./check";
import { composeReasoning, composeText, REFUSAL, stretch, withoutMarkers } from "./compose";
import type { Scenario } from "./scenario";
import { sample } from "./schema";
import { pieces } from "./tokens";

/** What the simulated model says. The same request gets the same reply; `choice` counts the alternatives of one request from 0. */
export function decideReply(ask: Ask, scenario: Scenario, choice = 0): Reply {
  if (ask.lastUserText.includes("[[refuse]]")) return refuse();
  const budget = new Budget(ask.maxTokens);
  const reasoning = decideReasoning(ask, budget);
  const tools = chooseTools(ask);
  const speech = decideText(ask, scenario, choice, tools);
  const stopped = stopAt(speech, ask.stop);
  const text = budget.take(stopped.pieces);
  const calls = stopped.sequence === undefined && !budget.exceeded ? decideCalls(ask, tools, budget) : [];
  const stop: Stop = budget.exceeded
    ? "length"
    : stopped.sequence !== undefined
      ? "stop-sequence"
      : calls.length > 0
        ? "tool-calls"
        : "end";
  return {
    ...(reasoning.shown === undefined ? {} : { reasoning: reasoning.shown }),
    text,
    refusal: [],
    calls,
    stop,
    ...(stop === "stop-sequence" && stopped.sequence !== undefined ? { stopSequence: stopped.sequence } : {}),
    reasoningTokens: reasoning.tokens,
    outputTokens: Math.max(1, budget.used),
  };
}

/** Counts what the token limit leaves. */
class Budget {
  used = 0;
  /** Something did not fit. */
  exceeded = false;
  readonly #max: number;

  constructor(max: number | undefined) {
    this.#max = max ?? Number.POSITIVE_INFINITY;
  }

  take(wanted: string[]): string[] {
    const left = Math.max(0, this.#max - this.used);
    if (wanted.length > left) this.exceeded = true;
    const taken = wanted.slice(0, Math.min(left, wanted.length));
    this.used += taken.length;
    return taken;
  }

  spend(tokens: number): number {
    const spent = Math.min(tokens, Math.max(0, this.#max - this.used));
    if (spent < tokens) this.exceeded = true;
    this.used += spent;
    return spent;
  }
}

function refuse(): Reply {
  const refusal = pieces(REFUSAL);
  return { text: [], refusal, calls: [], stop: "refusal", reasoningTokens: 0, outputTokens: refusal.length };
}

function decideReasoning(ask: Ask, budget: Budget): { shown?: { pieces: string[]; redacted: boolean }; tokens: number } {
  if (ask.reasoning.kind === "none") return { tokens: 0 };
  if (ask.reasoning.kind === "counted") return { tokens: budget.spend(ask.reasoning.hiddenTokens) };
  const shown = budget.take(pieces(composeReasoning(ask)));
  return { shown: { pieces: shown, redacted: ask.reasoning.redacted }, tokens: shown.length };
}

/** Which tools the model calls: those it must, those the prompt names, or the first when the prompt merely asks for a call. */
function chooseTools(ask: Ask): OfferedTool[] {
  const choice = ask.toolChoice;
  if (ask.tools.length === 0 || choice.mode === "none") return [];
  if (choice.mode === "named") return ask.tools.filter((tool) => tool.name === choice.name).slice(0, 1);
  if (choice.mode === "auto" && ask.toolResults.length > 0) return [];
  const prompt = ask.lastUserText.toLowerCase();
  const named = ask.tools.filter(
    ({ name }) => prompt.includes(name.toLowerCase()) || prompt.includes(name.toLowerCase().replaceAll(/[_-]/g, " ")),
  );
  const isAsked = choice.mode === "required" || /\buse (?:the|a|your|any) tools?\b|\bcall\b/.test(prompt);
  const chosen = named.length > 0 ? named : isAsked ? ask.tools.slice(0, 1) : [];
  return ask.parallelCalls ? chosen : chosen.slice(0, 1);
}

function decideText(ask: Ask, scenario: Scenario, choice: number, tools: OfferedTool[]): string[] {
  if (tools.length > 0) {
    const isOwnAccord = ask.preface && ask.toolChoice.mode === "auto";
    return isOwnAccord ? pieces(`(simulated) I'll use ${tools.map((tool) => tool.name).join(" and ")} for that.`) : [];
  }
  const prompt = withoutMarkers(ask.lastUserText);
  if (ask.format.kind === "schema") return pieces(JSON.stringify(sample(ask.format.schema, prompt)));
  if (ask.format.kind === "json") return pieces(JSON.stringify({ simulated: true, answer: composeText(ask, choice) }));
  const text = composeText(ask, choice);
  const spoken = scenario.tokens === undefined ? pieces(text) : stretch(text, scenario.tokens);
  if (scenario.hugeKb !== undefined) spoken.splice(Math.ceil(spoken.length / 2), 0, "x".repeat(scenario.hugeKb * 1024));
  return spoken;
}

/** Ends the text before the first stop sequence. */
function stopAt(spoken: string[], sequences: string[]): { pieces: string[]; sequence?: string } {
  const text = spoken.join("");
  let end = text.length;
  let sequence: string | undefined;
  for (const candidate of sequences) {
    const at = candidate === "" ? -1 : text.indexOf(candidate);
    if (at >= 0 && at < end) {
      end = at;
      sequence = candidate;
    }
  }
  return sequence === undefined ? { pieces: spoken } : { pieces: pieces(text.slice(0, end)), sequence };
}

function decideCalls(ask: Ask, tools: OfferedTool[], budget: Budget): ReplyCall[] {
  const prompt = withoutMarkers(ask.lastUserText);
  const calls: ReplyCall[] = [];
  for (const { name, kind, schema } of tools) {
    if (budget.exceeded) break;
    budget.spend(pieces(name).length);
    const wanted = pieces(kind === "custom" ? prompt || "simulated input" : spacedJson(objectArguments(schema, prompt)));
    const taken = budget.take(wanted);
    calls.push({ name, kind, pieces: taken, complete: taken.length === wanted.length });
  }
  return calls;
}

/** Arguments are an object whatever the schema says. */
function objectArguments(schema: Record<string, unknown>, prompt: string): unknown {
  return sample({ ...schema, type: "object" }, prompt);
}
