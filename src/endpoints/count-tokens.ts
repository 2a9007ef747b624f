import { authenticate, mayUseModel } from "../auth";
import { readJsonText } from "../core/body";
import { GatewayError } from "../core/errors";
import { parseObject } from "../core/json";
import { countExactly } from "../dispatch";
import { Guarded } from "../guarded";
import type { JsonObject } from "../inference";
import { estimateInputTokens } from "../metering";
import { protocols } from "../protocols";
import { planFor } from "../routing";
import type { Endpoint } from "./endpoint";

/**
 * `POST /v1/messages/count_tokens`: the prompt's tokens, by the model's provider where that counts, estimated otherwise (and then said so in a header).
 * Needs no `max_tokens`; a prompt beyond the model's window is counted, not refused. Costs nothing. What guards would not let through is not sent: it
 * is estimated.
 */
export const countTokens: Endpoint = async (c) => {
  const { config, routes, authentication, fetch, guarding, random } = c.var.ports;
  const principal = await authenticate(c.req.raw.headers, { ...authentication, background: c.var.background });
  const { value } = parseObject<JsonObject>(await readJsonText(c.req.raw, config.limits.requestBytesMax), config.limits.nestingMax);
  const protocol = protocols["anthropic-messages"];
  const request = protocol.decodeRequest({ ...value, max_tokens: 1 });
  if (!mayUseModel(principal, request.model)) {
    throw new GatewayError("forbidden", `This key may not use the model \`${request.model.slice(0, 200)}\`.`, {
      code: "model_not_allowed",
      param: "model",
    });
  }
  const [deployment] = planFor(request.model, routes).chain;
  const inputTokens = (): number => estimateInputTokens(request);
  const { requestId } = c.var;
  const call = { request, others: [], principal, protocol, requestId, deployment, inputTokens, clientGone: c.req.raw.signal };
  const guarded = new Guarded(call, config, { ...guarding, random, opinion: async () => ({ isAttack: null, attempts: [] }) });
  guarded.inspectInput();
  const exact = guarded.refused ? null : await countExactly(guarded.request, deployment, fetch, c.req.raw.headers);
  if (exact !== null) return c.json({ input_tokens: exact });
  return c.json({ input_tokens: inputTokens() }, 200, { "x-sluice-warnings": "input_tokens is an estimate" });
};
