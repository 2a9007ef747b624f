import { arrayOf, isObject, objectOf, textOf } from "./check";
import { ApiError, type House } from "./errors";

/** Anthropic's limit; OpenAI's is not lower. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;

export interface RequestBody {
  /** Parsed JSON, a form, or undefined where there is no body. */
  value: unknown;
  /** The raw text; of a form a description. */
  text: string;
}

/** Reads a body. `malformed` is thrown by the caller, after the request is in the log. */
export async function readBody(request: Request, house: House): Promise<RequestBody & { malformed?: ApiError }> {
  if (request.method === "GET" || request.method === "DELETE" || request.body === null) return { value: undefined, text: "" };
  const contentType = request.headers.get("content-type") ?? "";
  if (contentType.startsWith("multipart/form-data")) {
    const form = await request.formData();
    return { value: form, text: [...form.keys()].join(", ") };
  }
  const text = await request.text();
  if (text === "") return { value: undefined, text };
  if (text.length > BODY_BYTES_MAX) return { value: undefined, text, malformed: new ApiError(413, "Request exceeds the maximum size") };
  if (!/^application\/(?:[\w.+-]*\+)?json\b/i.test(contentType)) {
    const message = `Unsupported Content-Type '${contentType}'. Send 'application/json'.`;
    return { value: undefined, text, malformed: new ApiError(house === "openai" ? 415 : 400, message) };
  }
  try {
    return { value: JSON.parse(text), text };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message =
      house === "openai" ? "We could not parse the JSON body of your request." : `The request body is not valid JSON: ${error.message}`;
    return { value: undefined, text, malformed: new ApiError(400, message) };
  }
}

export function modelOf(body: unknown): string {
  return textOf(objectOf(body).model);
}

/** The text of the last user turn on any wire: where directives may hide. */
export function lastUserText(body: unknown): string {
  const { messages, input } = objectOf(body);
  if (typeof input === "string") return input;
  const turns = [...arrayOf(messages), ...arrayOf(input)];
  const last = turns.findLast((turn) => (isObject(turn) ? turn.role === "user" : typeof turn === "string"));
  if (typeof last === "string") return last;
  const { content } = objectOf(last);
  return typeof content === "string"
    ? content
    : arrayOf(content)
        .map((part) => textOf(objectOf(part).text))
        .join("\n");
}
