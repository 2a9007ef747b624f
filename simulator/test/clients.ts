import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import worker from "../worker";

/** Calls the simulator as the SDKs do: with an address and options. */
export const simulatorFetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
  worker.fetch(new Request(input, init));

export const openai = new OpenAI({ apiKey: "test-key", baseURL: "http://sim/v1", fetch: simulatorFetch, maxRetries: 0 });
export const anthropic = new Anthropic({ apiKey: "test-key", baseURL: "http://sim", fetch: simulatorFetch, maxRetries: 0 });

export const OPENAI_HEADERS = { authorization: "Bearer test-key", "content-type": "application/json" };
export const ANTHROPIC_HEADERS = { "x-api-key": "test-key", "anthropic-version": "2023-06-01", "content-type": "application/json" };

/** Posts a body as it is, for what the SDKs would not send. */
export function post(path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  const own = path.includes("/messages") ? ANTHROPIC_HEADERS : OPENAI_HEADERS;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return simulatorFetch(`http://sim${path}`, {
    method: "POST",
    headers: { ...own, ...headers },
    body: text,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A short chat request; `model` carries the directives. */
export function chat(model: string, extra: Record<string, unknown> = {}): Promise<Response> {
  return post("/v1/chat/completions", { model, messages: [{ role: "user", content: "Tell me about Paris" }], ...extra });
}

export function message(model: string, extra: Record<string, unknown> = {}): Promise<Response> {
  return post("/v1/messages", { model, max_tokens: 200, messages: [{ role: "user", content: "Tell me about Paris" }], ...extra });
}

export interface ErrorBody {
  type?: string;
  request_id?: string;
  error: { message: string; type: string; code: string | null; param: string | null };
}

/** The error body of a refusal; a test of its fields fails where the claim is wrong. */
export async function errorOf(response: Response): Promise<ErrorBody> {
  return (await response.json()) as ErrorBody; // the shape is this module's claim
}

export interface LoggedRequest {
  id: string;
  path: string;
  model: string | null;
  body: unknown;
  headers: Record<string, string>;
  auth: string[];
  directives: string;
  status: number | null;
  aborted: boolean;
  ended: string;
  bytesSent: number;
}

export async function readLog(): Promise<LoggedRequest[]> {
  return (await simulatorFetch("http://sim/_simulator/log")).json() as Promise<LoggedRequest[]>; // the shape is this module's claim
}

export async function reset(): Promise<void> {
  await simulatorFetch("http://sim/_simulator/reset", { method: "POST" });
}

/** The data of each event, parsed; `[DONE]` stays text. */
export function eventsOf(stream: string): { event: string | undefined; data: unknown }[] {
  return stream
    .split("\n\n")
    .filter((frame) => frame.trim() !== "" && !frame.startsWith(":"))
    .map((frame) => {
      const data = /^data: (.*)$/m.exec(frame)?.[1] ?? "";
      return { event: /^event: (.*)$/m.exec(frame)?.[1], data: data === "[DONE]" ? data : JSON.parse(data) };
    });
}
