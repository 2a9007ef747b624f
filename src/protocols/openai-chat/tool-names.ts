import type { InferenceRequest } from "../../inference";
import { fingerprint } from "./fingerprint";

/** What the wire takes as a tool's name. https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools */
const VALID = /^[a-zA-Z0-9_-]{1,64}$/;
const NAME_CHARS_MAX = 64;

/**
 * Names of tools as the wire takes them: a name that is too long or holds other characters is shortened and replaced, uniquely, by the
 * same name in tools, history and tool choice, and in every request of a conversation (the provider's prompt cache depends on it).
 */
export class ToolNames {
  readonly #sent = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** Name sent → the client's name, of those that differ. */
  readonly changed: Record<string, string> = {};

  constructor(request: InferenceRequest) {
    for (const tool of request.tools ?? []) if (tool.kind !== "opaque" && VALID.test(tool.name)) this.#taken.add(tool.name);
  }

  /** The name to send. */
  sent(name: string): string {
    if (VALID.test(name)) return name;
    const known = this.#sent.get(name);
    if (known !== undefined) return known;
    let sent = shorten(name, "");
    for (let attempt = 1; this.#taken.has(sent); attempt += 1) sent = shorten(name, `-${attempt}`);
    this.#sent.set(name, sent);
    this.#taken.add(sent);
    this.changed[sent] = name;
    return sent;
  }
}

/** As much of the name as fits, then a fingerprint of all of it, so that names with the same beginning stay apart. */
function shorten(name: string, suffix: string): string {
  const tail = `_${fingerprint(name)}${suffix}`;
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, NAME_CHARS_MAX - tail.length) + tail;
}
