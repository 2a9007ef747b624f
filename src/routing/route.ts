import { AUTO_MODELS, type ChainStep, type ConditionalRoute, type GatewayConfig, TASK_NAMES, type TaskName } from "../config";
import { badRequest } from "../core/errors";
import type { InferenceRequest, Turn } from "../inference";
import { hashToUnit } from "./balance";
import { classifyTask } from "./classify-task";
import { judgeComplexity } from "./judge-complexity";
import { needsOf } from "./needs";
import type { TaskView } from "./task-features";

/** Why a request goes where it goes, as `x-sluice-route` tells. */
export interface RouteNote {
  task?: TaskName;
  /** From 0 to 1: how likely it is that the small model will not do. */
  complexity?: number;
  /** `small` or `strong` of the router; `route 2` of an alias's conditions; an experiment's arm. */
  tier: string;
  /** The deployment that the task's own chain begins with, where a smaller one was chosen. */
  instead?: string;
}

/** A chain in the place of the alias's own. */
export interface Routed {
  steps?: ChainStep[];
  note?: RouteNote;
}

export interface RouteQuery {
  request: InferenceRequest;
  /** `x-sluice-task`. */
  task: TaskName | undefined;
  keyId: string;
  user: string | undefined;
  tags: Readonly<Record<string, string>>;
  inputTokens: () => number;
  nowMs: number;
}

/** The caller's own word on what a request is for. Throws `bad-request` naming the header. */
export function readTask(headers: Headers): TaskName | undefined {
  const said = headers.get("x-sluice-task")?.trim().toLowerCase();
  if (said === undefined || said === "") return undefined;
  const task = TASK_NAMES.find((name) => name === said);
  if (task) return task;
  throw badRequest("x-sluice-task", `The header \`x-sluice-task\` must be one of ${TASK_NAMES.join(", ")}.`, "invalid_header");
}

/** What a request is for: as its caller says, or by its form and words. */
export function taskOf({ task, request }: Pick<RouteQuery, "task" | "request">): TaskName {
  return task ?? classifyTask(taskView(request)).task;
}

/** How complex the request's last question is, from 0 to 1. */
export function complexityOf({ turns }: InferenceRequest): number {
  return judgeComplexity(lastUserText(turns));
}

/**
 * Which chain a request takes: for `auto` the small models where the task's own are not needed, and these behind them; for an alias the first of its
 * conditional routes that holds, or its user's arm of an experiment; its own otherwise. Pure.
 */
export function routeRequest(query: RouteQuery, config: GatewayConfig): Routed {
  const { model } = query.request;
  const auto = AUTO_MODELS.find((name) => name === model);
  if (auto && config.auto) return autoRoute(query, config.auto.small, config.auto.thresholds[auto], config);
  const alias = Object.hasOwn(config.aliases, model) ? config.aliases[model] : undefined;
  if (!alias || Array.isArray(alias)) return {};
  const at = alias.routes?.findIndex(({ when }) => holds(when, query)) ?? -1;
  const route = alias.routes?.[at];
  if (route) return { steps: route.chain, note: { tier: `route ${at + 1}`, ...(query.task ? { task: query.task } : {}) } };
  if (!alias.split) return {};
  const arm = armOf(alias.split, `${model}\n${query.keyId}/${query.user ?? ""}`);
  return arm ? { steps: arm.chain, note: { tier: arm.name } } : {};
}

function autoRoute(query: RouteQuery, small: ChainStep[], threshold: number, { tasks }: GatewayConfig): Routed {
  const task = taskOf(query);
  const complexity = complexityOf(query.request);
  const own = tasks[task]?.chain;
  const isSmall = !own || complexity < threshold;
  const [first] = own ?? [];
  const instead = isSmall && typeof first === "string" ? { instead: first } : {};
  return { steps: isSmall ? [...small, ...(own ?? [])] : own, note: { task, complexity, tier: isSmall ? "small" : "strong", ...instead } };
}

function holds(
  { tag, users, keys, task, inputTokensMin, inputTokensMax, needs, hours }: ConditionalRoute["when"],
  query: RouteQuery,
): boolean {
  if (tag && query.tags[tag.name] !== tag.value) return false;
  if (users && !(query.user !== undefined && users.includes(query.user))) return false;
  if (keys && !keys.includes(query.keyId)) return false;
  if (needs && !needsOf(query.request).has(needs)) return false;
  if (hours && !isWithin(hours, query.nowMs)) return false;
  if (inputTokensMin !== undefined && query.inputTokens() < inputTokensMin) return false;
  if (inputTokensMax !== undefined && query.inputTokens() > inputTokensMax) return false;
  return task === undefined || taskOf(query) === task;
}

function isWithin({ from, to, timeZone }: { from: number; to: number; timeZone: string }, nowMs: number): boolean {
  const hour = Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" }).format(nowMs));
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
}

/** The same arm for the same name each time, in proportion to the weights. */
function armOf<Arm extends { weight: number }>(arms: readonly Arm[], name: string): Arm | undefined {
  let left = hashToUnit(name) * arms.reduce((sum, { weight }) => sum + weight, 0);
  for (const arm of arms) {
    left -= arm.weight;
    if (left < 0) return arm;
  }
  return arms.at(-1);
}

function taskView({ turns, tools, outputFormat }: InferenceRequest): TaskView {
  const textOf = (turn: Turn): string => turn.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  const system = turns.filter(({ role }) => role === "system").map(textOf);
  return {
    systemText: system.join("\n"),
    lastUserText: lastUserText(turns),
    turnCount: turns.filter(({ role }) => role === "user" || role === "assistant").length,
    toolCount: tools?.length ?? 0,
    hasOutputSchema: outputFormat?.type === "json-schema",
    ...(outputFormat?.type === "json-schema" ? { schemaText: JSON.stringify(outputFormat.schema) } : {}),
    hasImages: turns.some(({ parts }) => parts.some((part) => part.type === "image")),
    textLength: turns.reduce((sum, turn) => sum + textOf(turn).length, 0),
  };
}

function lastUserText(turns: readonly Turn[]): string {
  const last = turns.findLast(({ role }) => role === "user");
  return last?.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n") ?? "";
}
