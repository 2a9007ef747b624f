import { cascade, JUDGED_TOKENS_MAX, judgeRequest, textOf } from "./cascade";
import type { GatewayConfig } from "./config";
import { type AttemptLog, type DispatchCall, type DispatchPorts, dispatch, type Reply } from "./dispatch";
import type { InferenceRequest } from "./inference";
import { type Plan, planFor, type Routes } from "./routing";
import type { Shaped } from "./shaped";

/** A side call (a summary, a judge, a candidate) may take so long, in milliseconds. */
const SIDE_MS_MAX = 60_000;

export interface AskingPorts {
  config: GatewayConfig;
  routes: Routes;
  dispatch: DispatchPorts;
  /** A text of the reply with what guards had replaced put back. */
  restored: (text: string) => string;
}

/** What came of asking: the reply, and the steps up that a cascade took. */
export interface Asked {
  reply: Reply;
  escalations: string[];
}

/** Has the plan answer a request in its shape: one dispatch, or one per step of a cascade. */
export async function ask(call: DispatchCall, shaped: Shaped, ports: AskingPorts): Promise<Asked> {
  const { plan, request: asked } = call;
  const { now } = ports.dispatch;
  const deadlineMs = now() + Math.min(plan.policy.deadlines.totalMs, call.timeoutMs ?? Number.POSITIVE_INFINITY);
  await shaped.summarize((request, model) => askAside(call, request, model, ports, deadlineMs - now()));
  await shaped.prepare();
  const { json, ...rest } = call;
  const request = shaped.request;
  const asking = (of: Plan, timeoutMs: number | undefined): Promise<Reply> =>
    dispatch(
      {
        ...rest,
        plan: of,
        request,
        ...(json && !shaped.isCut ? { json } : {}),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        shapedFor: (deployment) => shaped.for(deployment),
      },
      ports.dispatch,
    );
  const escalations: string[] = [];
  const reply =
    !plan.isCascade || asked.stream
      ? await asking(plan, call.timeoutMs && Math.max(1, deadlineMs - now()))
      : await climbing(call, asking, escalations, deadlineMs, ports);
  return { reply: { ...reply, settled: reply.settled.then((settled) => shaped.withExtra(settled)) }, escalations };
}

function climbing(
  call: DispatchCall,
  asking: (plan: Plan, timeoutMs: number) => Promise<Reply>,
  escalations: string[],
  deadlineMs: number,
  ports: AskingPorts,
): Promise<Reply> {
  const { plan, request } = call;
  const { now } = ports.dispatch;
  const judge = judgeOf(request, ports.config);
  return cascade(plan, {
    ask: (step) => asking(step, Math.max(1, deadlineMs - now())),
    request,
    restored: ports.restored,
    nowMs: now,
    deadlineMs,
    onEscalation: (reason) => escalations.push(reason),
    ...(judge === undefined
      ? {}
      : {
          judge: async (response) => {
            const said = await askAside(call, judgeRequest(request, response, judge), judge, ports, deadlineMs - now()).catch(() => null);
            // A judge that does not answer has nothing against the reply.
            return { isGood: !/^\W*no\b/i.test(said?.text ?? ""), attempts: said?.attempts ?? [] };
          },
        }),
  });
}

/** A question to another model on behalf of a request, as far as it can be known before it is asked. */
export interface SideQuestion {
  request: InferenceRequest;
  /** Of what it will hold besides. */
  moreInputTokens: number;
}

/** What answering a request in its shape may ask of other models. */
export function sideQuestions(plan: Plan, request: InferenceRequest, { summaryWanted }: Shaped, config: GatewayConfig): SideQuestion[] {
  const summary = summaryWanted ? [{ request: summaryWanted, moreInputTokens: 0 }] : [];
  const judge = plan.isCascade && !request.stream ? judgeOf(request, config) : undefined;
  if (judge === undefined) return summary;
  const judging = { request: judgeRequest(request, { id: "", model: judge, choices: [] }, judge), moreInputTokens: JUDGED_TOKENS_MAX };
  return [...summary, ...plan.chain.map(() => judging)];
}

function judgeOf({ model }: InferenceRequest, { aliases }: GatewayConfig): string | undefined {
  const alias = Object.hasOwn(aliases, model) ? aliases[model] : undefined;
  return alias && !Array.isArray(alias) ? alias.cascade?.judge : undefined;
}

/** Asks another model something on behalf of a request; null where it does not answer. Its calls are to be billed with the request's. */
export async function askAside(
  call: DispatchCall,
  request: InferenceRequest,
  model: string,
  ports: AskingPorts,
  leftMs: number = SIDE_MS_MAX,
): Promise<{ text: string; attempts: AttemptLog[] } | null> {
  const { json: _own, shapedFor: _shaped, ...rest } = call;
  const plan = planFor(model, ports.routes);
  const aside = {
    ...rest,
    request,
    plan,
    timeoutMs: Math.max(1, Math.min(SIDE_MS_MAX, leftMs)),
    keepsReply: true,
    estimateInputTokens: () => 1,
  };
  // The request's own stored reply is no answer to another question.
  const { storedReply: _stored, ...dispatchPorts } = ports.dispatch;
  const reply = await dispatch(aside, dispatchPorts);
  if (reply.kind === "stream") await reply.body.cancel();
  const settled = await reply.settled;
  const { response } = settled.outcome;
  const attempts = settled.attempts.map((attempt) => ({ ...attempt, beside: true }));
  return { text: response && reply.kind === "whole" ? textOf(response) : "", attempts };
}
