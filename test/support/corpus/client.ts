import http from "node:http";
import type { Wire } from "./cases.ts";
import type { JsonObject } from "./json.ts";

/** Longest that a reply may take, in milliseconds. */
const REPLY_MS_MAX = 60_000;

/** What a client got, its body complete. */
export interface ClientReply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** The connection broke before the body's proper end. */
  broken: boolean;
}

/** A client that speaks one wire to the gateway and keeps every byte of the reply. */
export class Client {
  readonly #url: string;
  readonly #key: string;
  readonly #agent = new http.Agent({ keepAlive: true });

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** Sends one request. Rejects when there is no reply at all. */
  ask(wire: Wire, body: JsonObject): Promise<ClientReply> {
    const { path, headers } =
      wire === "openai-chat"
        ? { path: "/v1/chat/completions", headers: { authorization: `Bearer ${this.#key}` } }
        : { path: "/v1/messages", headers: { "x-api-key": this.#key, "anthropic-version": "2023-06-01" } };
    return new Promise((resolve, reject) => {
      const options = { method: "POST", agent: this.#agent, headers: { ...headers, "content-type": "application/json" } };
      const request = http.request(this.#url + path, options, (response) => {
        const parts: Buffer[] = [];
        const end = (broken: boolean) => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts), broken });
        };
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => end(!response.complete));
        response.on("error", () => end(true));
      });
      const timer = setTimeout(() => request.destroy(new Error(`no complete reply within ${REPLY_MS_MAX} ms`)), REPLY_MS_MAX);
      request.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.end(JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
