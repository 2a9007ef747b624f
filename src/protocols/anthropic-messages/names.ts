/** What the API takes as a tool's name and as the id of a call. */
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const TOOL_NAME_CHARS_MAX = 128;

/** Tool names as this wire takes them: those that do not fit are rewritten, each to one name of its own. */
export class ToolNames {
  readonly #sent = new Map<string, string>();
  readonly #taken: Set<string>;

  /** `names`: every name that the request mentions, so that no rewritten one meets one that is sent as it is. */
  constructor(names: Iterable<string>) {
    this.#taken = new Set(names);
  }

  send(name: string): string {
    if (TOOL_NAME.test(name)) return name;
    const known = this.#sent.get(name);
    if (known !== undefined) return known;
    const sent = this.reserve(name);
    this.#sent.set(name, sent);
    return sent;
  }

  /** A valid name like `wish` that nothing else in the request has. */
  reserve(wish: string): string {
    const sent = unused(wish, "tool", TOOL_NAME_CHARS_MAX, this.#taken);
    this.#taken.add(sent);
    return sent;
  }

  /** Name sent → the client's name, for those that were rewritten. */
  get rewritten(): Record<string, string> | undefined {
    return this.#sent.size === 0 ? undefined : Object.fromEntries([...this.#sent].map(([name, sent]) => [sent, name]));
  }
}

/**
 * Ids of tool calls as this wire takes them. Some upstreams count their calls anew in each turn (`call_0`), while here an id must be
 * unique within the conversation: a repeated one is rewritten, and results belong to the latest call of their id.
 */
export class CallIds {
  readonly #latest = new Map<string, string>();
  readonly #taken = new Set<string>();

  call(id: string): string {
    const sent = CALL_ID.test(id) && !this.#taken.has(id) ? id : unused(id, "call", Number.POSITIVE_INFINITY, this.#taken);
    this.#taken.add(sent);
    this.#latest.set(id, sent);
    return sent;
  }

  result(id: string): string {
    return this.#latest.get(id) ?? this.call(id);
  }
}

function unused(wish: string, fallback: string, charsMax: number, taken: ReadonlySet<string>): string {
  const base = wish.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, charsMax) || fallback;
  for (let count = 1; ; count += 1) {
    const suffix = count === 1 ? "" : `_${count}`;
    const candidate = base.slice(0, charsMax - suffix.length) + suffix;
    if (!taken.has(candidate)) return candidate;
  }
}
