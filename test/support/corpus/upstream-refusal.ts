import type { CorpusCase, Wire } from "./cases.ts";
import type { ClientReply } from "./client.ts";
import type { ClientError } from "./client-view.ts";
import { brief, objectOf, parse } from "./json.ts";

/** Words of a refused credential that would be a leak: anything longer than this that the provider said. */
const QUOTE_CHARS_MIN = 8;

/** So much of an upstream's message is shown. */
const SHOWN_CHARS_MAX = 2000;

/** Whether a text holds what looks like a credential, whole or masked: it is then not shown as it is. */
export function quotesCredential(text: string): boolean {
  return /\b(?:sk|pk|rk|gsk|xai|csk|pplx|hf|nvapi|key|AIza)[-_][\w*.-]{6,}|\bBearer\s+\S{8,}/.test(text);
}

/** Statuses with which an upstream refuses the gateway's credential or account: the operator's matter. */
export function isCredentialRefusal(status: number): boolean {
  return status === 401 || status === 402 || status === 403;
}

/** A refused credential: a 502 of the gateway's own, without a word of the provider's. */
export function checkCredentialRefusal({ expect }: CorpusCase, reply: ClientReply, error: ClientError | undefined): string[] {
  const faults: string[] = [];
  const said = reply.body.toString();
  if (reply.status !== 502) faults.push(`status ${reply.status}, should be 502`);
  if (!error) faults.push(`no native error: ${brief(said)}`);
  const words = expect.error?.message ?? "";
  if (words.length >= QUOTE_CHARS_MIN && said.includes(words)) faults.push("the provider's words are quoted");
  return faults;
}

/** A refusal rendered anew: native, with the provider's message, and with a status that means the same. */
export function checkRenderedRefusal(
  { expect, body }: CorpusCase,
  client: Wire,
  reply: ClientReply,
  error: ClientError | undefined,
): string[] {
  const faults: string[] = [];
  const statuses = [expect.http.status, statusInMeaning(expect.http.status)];
  if (!statuses.includes(reply.status)) faults.push(`status ${reply.status}, should be ${statuses.join(" or ")}`);
  if (!error) return [...faults, `no native error: ${brief(reply.body.toString())}`];
  if (client === "anthropic-messages" && error.type !== anthropicType(reply.status)) faults.push(`the type is ${brief(error.type)}`);
  const code = expect.error?.code ?? null;
  if (client === "openai-chat" && code !== null && error.code !== String(code))
    faults.push(`the code is ${brief(error.code)}, should be ${code}`);
  const words = expect.error?.message ?? "";
  const isJson = objectOf(parse(body.toString())) !== undefined || body.toString().trim().startsWith("[");
  const isTold = quotesCredential(body.toString())
    ? !quotesCredential(reply.body.toString())
    : error.message.endsWith(words.slice(0, SHOWN_CHARS_MAX));
  if (isJson && !isTold) faults.push(`the message is ${brief(error.message)}, should be ${brief(words)}`);
  // A proxy's page is not for the caller: it may name internal hosts.
  if (!isJson && (error.message === "" || error.message.includes("<"))) faults.push(`the message is ${brief(error.message)}`);
  return faults;
}

/** `retry-after` goes along, and every 429 and 503 has one. */
export function checkRetryAfter({ expect }: CorpusCase, reply: ClientReply): string[] {
  const { "retry-after": sent, "retry-after-ms": sentMs } = expect.http.headers;
  const got = reply.headers["retry-after"];
  // Milliseconds go before seconds, and a date has become another number by now.
  const seconds = sentMs === undefined ? Math.ceil(Number(sent)) : Number.NaN;
  if (!Number.isNaN(seconds) && got !== String(seconds)) return [`retry-after is ${brief(got)}, should be ${seconds}`];
  return got === undefined && (reply.status === 429 || reply.status === 503) ? ["no retry-after"] : [];
}

/** The gateway's own status for a failure of this kind. */
function statusInMeaning(status: number): number {
  if (status === 404 || status === 429) return status;
  if (status === 408 || status === 504 || status === 524) return 504;
  if (status === 503 || status === 529) return 503;
  return status >= 500 ? 502 : 400;
}

/** The error type that goes with a status: https://platform.claude.com/docs/en/api/errors */
function anthropicType(status: number): string {
  switch (status) {
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}
