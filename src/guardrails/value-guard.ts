import type { Citation, Extensions, FinishReason, JsonObject, JsonValue, OpaquePart } from "../inference";
import { type ReplyGuardOptions, TextGuard } from "./reply-guard";
import { mapExtensions, mapJson, mapUrl, type Visit } from "./texts";

/** What is itself JSON within a string: values go into it escaped. It may be cut, so only its beginning tells. */
const JSON_TEXT = /^\s*(?:\{|\[\s*[{"[])/;
/** `service_tier: "default"` and its like. */
const WIRE_WORD = /^[a-z_]{1,40}$/;
const WEB_ADDRESS = /^https?:\/\/\S+$/;

/**
 * What of a reply is no running text: citations, blocks of tools that the provider runs, what only one wire has. Its strings are looked at as they come,
 * each of them whole, and what the request had replaced is put back. The same string is looked at, and counted, once per reply.
 */
export class ValueGuard {
  readonly #options: ReplyGuardOptions;
  readonly #passed = new Map<string, string>();
  readonly #isNeeded: boolean;
  /** A guard has ended the reply. */
  isBlocked = false;

  constructor({ leak: _leak, isJson: _isJson, ...options }: ReplyGuardOptions) {
    this.#options = options;
    this.#isNeeded = options.vault.size > 0 || options.guards.some(({ output }) => output !== "off");
  }

  citation(citation: Citation): Citation {
    if (!this.#isNeeded) return citation;
    const { url, title, citedText, raw } = citation;
    return {
      ...citation,
      ...(url === undefined ? {} : { url: this.#visit(url) }),
      ...(title === undefined ? {} : { title: this.#visit(title) }),
      ...(citedText === undefined ? {} : { citedText: this.#visit(citedText) }),
      raw: { ...raw, value: this.#value(raw.value) },
    };
  }

  opaque<Part extends OpaquePart>(part: Part): Part {
    return this.#isNeeded ? { ...part, value: this.#value(part.value) } : part;
  }

  /** What carries fields of one wire, with these looked at. */
  carrier<Carrier extends { extensions?: Extensions }>(carrier: Carrier): Carrier {
    if (!this.#isNeeded || carrier.extensions === undefined) return carrier;
    const extensions = mapExtensions(carrier.extensions, this.#asFields);
    return { ...carrier, ...(extensions ? { extensions } : {}) };
  }

  /** The stop sequence is the request's own, in which values may have been replaced; details are a provider's words. */
  finish(reason: FinishReason): FinishReason {
    const { stopSequence, details } = reason;
    if (!this.#isNeeded || (stopSequence === undefined && details === undefined)) return reason;
    return {
      ...reason,
      ...(stopSequence === undefined ? {} : { stopSequence: this.#visit(stopSequence) }),
      ...(details === undefined ? {} : { details: mapJson(details, "assistant", this.#asFields) }),
    };
  }

  #value(value: JsonObject): JsonObject {
    return mapJson(value satisfies JsonValue, "assistant", this.#asVisit) as JsonObject; // an object stays one
  }

  readonly #asVisit: Visit = (text) => this.#visit(text);
  readonly #asFields: Visit = (text) => (WIRE_WORD.test(text) ? text : this.#visit(text));

  #visit(text: string): string {
    const known = this.#passed.get(text);
    if (known !== undefined) return known;
    const passed = WEB_ADDRESS.test(text) ? mapUrl(text, (address) => this.#through(address)) : this.#through(text);
    this.#passed.set(text, passed);
    return passed;
  }

  #through(text: string): string {
    const guard = new TextGuard(this.#options, JSON_TEXT.test(text) ? "json" : "text");
    const passed = guard.push(text) + guard.end();
    this.isBlocked ||= guard.isBlocked;
    return passed;
  }
}
