const RECORDS_MAX = 200;
/** Bodies up to this many characters are kept whole. */
const BODY_CHARS_MAX = 65_536;
const HEAD_CHARS_MAX = 2_048;

const CREDENTIAL_HEADERS = ["authorization", "x-api-key", "api-key", "proxy-authorization", "cookie"];
const CREDENTIAL_WORDS = /auth|key|token|secret|cookie|credential/;
/** Headers whose names sound like credentials and hold none. */
const HARMLESS_HEADERS = new Set(["idempotency-key", "anthropic-dangerous-direct-browser-access"]);

/** What `GET /_simulator/log` tells of one request. */
export interface LogRecord {
  /** The request id of the reply. */
  id: string;
  atMs: number;
  method: string;
  path: string;
  /** As sent, directives included; null where the body names none. */
  model: string | null;
  /** The parsed body, or its beginning when it is too large to keep, or when it is no JSON. */
  body: unknown;
  /** Without the values of credentials. */
  headers: Record<string, string>;
  /** Names of the credential headers that were present. */
  auth: string[];
  /** The directives in force, weakest first. */
  directives: string;
  /** Null until the reply has begun. */
  status: number | null;
  /** The caller hung up before the reply was complete. */
  aborted: boolean;
  /** `open` while the reply is under way; `fault` when the simulator broke it off as told. */
  ended: "open" | "complete" | "fault" | "aborted";
  bytesSent: number;
}

export class RequestLog {
  #records: LogRecord[] = [];

  open(request: Request, path: string, id: string, nowMs: number): LogRecord {
    const headers: Record<string, string> = {};
    const auth: string[] = [];
    for (const [name, value] of request.headers) {
      if (CREDENTIAL_HEADERS.includes(name)) auth.push(name);
      else if (HARMLESS_HEADERS.has(name) || !CREDENTIAL_WORDS.test(name)) headers[name] = value;
    }
    const record: LogRecord = {
      id,
      atMs: nowMs,
      method: request.method,
      path,
      model: null,
      body: null,
      headers,
      auth,
      directives: "",
      status: null,
      aborted: false,
      ended: "open",
      bytesSent: 0,
    };
    this.#records.push(record);
    if (this.#records.length > RECORDS_MAX) this.#records.shift();
    return record;
  }

  /** Oldest first. */
  get records(): readonly LogRecord[] {
    return this.#records;
  }

  clear(): void {
    this.#records = [];
  }
}

/** A body as the log keeps it. */
export function boundedBody(text: string, parsed: unknown): unknown {
  if (text.length <= BODY_CHARS_MAX) return parsed ?? text;
  return { truncated: true, chars: text.length, head: text.slice(0, HEAD_CHARS_MAX) };
}
