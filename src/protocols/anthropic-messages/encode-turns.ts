import { badRequest } from "../../core/errors";
import type {
  Capabilities,
  DocumentPart,
  ImagePart,
  JsonObject,
  OpaquePart,
  Part,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from "../../inference";
import { isNativeTo } from "../../inference";
import { isObject } from "../reader";
import { marked } from "./cache-control";
import { ownCitations } from "./citations";
import { kept } from "./leftovers";
import { encodeDocument, encodeImage } from "./media";
import { CallIds, type ToolNames } from "./names";
import { quote } from "./quote";
import { encodeThinking, isSignature } from "./thinking";
import { CUSTOM_TOOL_FIELD } from "./tools";
import { PROTOCOL, type WireBlock, type WireMessage, type WireText, type WireToolResult, type WireToolUse } from "./wire";

/** Where arguments go that are no JSON object, which the wire demands. */
const UNPARSED_ARGUMENTS_FIELD = "arguments";

export interface EncodedTurns {
  system: SystemBlock[];
  messages: WireMessage[];
}

type SystemBlock = WireText | JsonObject;

/** A message in the making. */
interface Draft {
  role: WireMessage["role"];
  blocks: WireBlock[];
  leftovers: JsonObject | undefined;
}

/** The conversation in this wire's messages. Throws a `bad-request` where a part cannot be sent and leaving it out would mislead. */
export function encodeTurns(turns: readonly Turn[], capabilities: Capabilities, names: ToolNames, warnings: Set<string>): EncodedTurns {
  const encoder = new TurnEncoder(capabilities, names, warnings);
  for (const turn of turns) encoder.push(turn);
  return encoder.end();
}

class TurnEncoder {
  readonly #system: SystemBlock[] = [];
  readonly #drafts: Draft[] = [];
  readonly #parts: PartEncoder;
  readonly #capabilities: Capabilities;
  readonly #warnings: Set<string>;
  /** System turns that wait for a place that the API takes them in, and the number of messages when the first of them came. */
  #waiting: { blocks: SystemBlock[]; leftovers: JsonObject | undefined; since: number } | undefined;
  /** The last message is tool results, and what follows may join it. */
  #resultsOpen = false;

  constructor(capabilities: Capabilities, names: ToolNames, warnings: Set<string>) {
    this.#capabilities = capabilities;
    this.#warnings = warnings;
    this.#parts = new PartEncoder(capabilities, names, warnings);
  }

  push(turn: Turn): void {
    if (turn.name !== undefined) this.#warnings.add("messages: `name` is not known to Anthropic's Messages API and was left out.");
    this.#warnOfForeign(turn);
    if (turn.role === "system") {
      this.#pushSystem(turn);
      return;
    }
    if (turn.role === "assistant") this.#placeSystem();
    const blocks = this.#parts.encode(turn);
    const leftovers = kept(turn);
    const last = this.#drafts.at(-1);
    // All results of one round of calls must be in one message, in front of the user's further words.
    if (this.#resultsOpen && last && turn.role !== "assistant" && !leftovers) last.blocks.push(...blocks);
    else this.#drafts.push({ role: turn.role === "assistant" ? "assistant" : "user", blocks, leftovers });
    this.#resultsOpen = turn.role === "tool";
  }

  /** Fields of a message that only another protocol has. Its own `developer` role is a system message here. */
  #warnOfForeign({ extensions = {} }: Turn): void {
    for (const [protocol, fields] of Object.entries(extensions)) {
      if (protocol === PROTOCOL) continue;
      for (const field of Object.keys(fields)) {
        if (field !== "role") this.#warnings.add(`messages: ${quote(field)} is not known to Anthropic's Messages API and was left out.`);
      }
    }
  }

  end(): EncodedTurns {
    this.#placeSystem();
    this.#startWithSystem();
    this.#trimPrefill();
    const messages = this.#drafts.flatMap((draft) => this.#finish(draft));
    if (messages.length === 0) throw badRequest("messages", "messages: at least one message with content is required.");
    return { system: this.#system.filter((block) => !isBlankText(block)), messages };
  }

  /** Leading system turns are the system prompt; later ones stay where they are, if the model takes them there. */
  #pushSystem(turn: Turn): void {
    const blocks = this.#parts.encodeSystem(turn).filter((block) => !isBlankText(block));
    const leftovers = kept(turn);
    if (this.#drafts.length === 0 && !this.#waiting && !leftovers) this.#system.push(...blocks);
    else if (!this.#capabilities.systemWithinMessages) this.#hoist(blocks, "this model takes system messages only before the conversation");
    else if (this.#waiting) {
      this.#waiting.blocks.push(...blocks);
      if (leftovers) this.#waiting.leftovers = { ...this.#waiting.leftovers, ...leftovers };
    } else this.#waiting = { blocks, leftovers, since: this.#drafts.length };
  }

  /**
   * The API takes a system message only behind a user message (or an assistant's that ends in a server tool) and in front of an
   * assistant's or at the end. https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
   */
  #placeSystem(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting || (waiting.blocks.length === 0 && !waiting.leftovers)) return;
    const last = this.#drafts.at(-1);
    if (!last || last.role === "system" || (last.role === "assistant" && !endsInServerTool(last.blocks))) {
      this.#hoist(waiting.blocks, "a system message must follow a user message");
      return;
    }
    if (this.#drafts.length > waiting.since) {
      this.#warnings.add("messages: a system message was moved behind the user message that followed it, where the API takes it.");
    }
    this.#resultsOpen = false;
    this.#drafts.push({ role: "system", blocks: waiting.blocks, leftovers: waiting.leftovers });
  }

  #hoist(blocks: SystemBlock[], reason: string): void {
    if (blocks.length === 0) return;
    this.#system.push(...blocks);
    this.#warnings.add(`messages: ${reason}; a later one was moved into the system prompt.`);
  }

  /** A conversation of system messages alone is an ordinary one on other wires, while this one wants a message to answer. */
  #startWithSystem(): void {
    const last = this.#drafts.length === 0 ? this.#system.pop() : undefined;
    if (!last) return;
    this.#drafts.push({ role: "user", blocks: [last], leftovers: undefined });
    this.#warnings.add("messages: there is no user message; the last system message was sent as one.");
  }

  /** A last assistant message is one to be continued; the API refuses one that ends in white space. */
  #trimPrefill(): void {
    const last = this.#drafts.at(-1);
    const block = last?.role === "assistant" ? last.blocks.at(-1) : undefined;
    if (!block || !isText(block) || block.text === block.text.trimEnd()) return;
    last?.blocks.splice(-1, 1, { ...block, text: block.text.trimEnd() });
    this.#warnings.add("messages: white space at the end of the last assistant message was left out, as the API refuses it.");
  }

  #finish({ role, blocks, leftovers }: Draft): WireMessage[] {
    const said = withoutBlankText(blocks);
    const content = plainText(said) ?? said;
    if (content.length > 0) return [{ ...leftovers, role, content }];
    if (role === "user") this.#warnings.add("messages: a user message without content was left out.");
    // A system message may do without content, as long as it carries settings.
    return role === "system" ? [{ ...leftovers, role, content: [] }] : [];
  }
}

/** The text of content that is no more than text: strings are shorter than blocks. */
function plainText(blocks: readonly WireBlock[]): string | undefined {
  const [only] = blocks;
  const isPlain = blocks.length === 1 && only && isText(only) && only.citations === undefined && only.cache_control === undefined;
  return isPlain ? only.text : undefined;
}

/** The API refuses empty text, and white space alone where the message has no other text. */
function withoutBlankText(blocks: readonly WireBlock[]): WireBlock[] {
  const hasText = blocks.some((block) => isText(block) && !isBlankText(block));
  return blocks.filter((block) => !isText(block) || (hasText ? block.text !== "" : false));
}

function isText(block: WireBlock): block is WireText {
  return block.type === "text" && typeof block.text === "string";
}

function isBlankText(block: WireBlock): boolean {
  return isText(block) && block.text.trim() === "";
}

function endsInServerTool(blocks: readonly WireBlock[]): boolean {
  const type = blocks.at(-1)?.type;
  return typeof type === "string" && !["text", "tool_use", "thinking", "redacted_thinking"].includes(type);
}

class PartEncoder {
  readonly #capabilities: Capabilities;
  readonly #names: ToolNames;
  readonly #ids = new CallIds();
  readonly #warnings: Set<string>;

  constructor(capabilities: Capabilities, names: ToolNames, warnings: Set<string>) {
    this.#capabilities = capabilities;
    this.#names = names;
    this.#warnings = warnings;
  }

  encode(turn: Turn): WireBlock[] {
    return turn.parts.flatMap((part) => this.#block(part, turn.role));
  }

  /** A system prompt is text. */
  encodeSystem(turn: Turn): SystemBlock[] {
    return turn.parts.flatMap((part): SystemBlock[] => {
      if (part.type === "text") return [{ type: "text", text: part.text, ...marked(part.cacheHint) }];
      if (part.type === "opaque") return this.#opaque(part);
      this.#warnings.add(`messages: a system message takes text only; its \`${part.type}\` part was left out.`);
      return [];
    });
  }

  #block(part: Part, role: Turn["role"]): WireBlock[] {
    switch (part.type) {
      case "text": {
        const citations = ownCitations(part);
        return [{ type: "text", text: part.text, ...(citations.length > 0 ? { citations } : {}), ...marked(part.cacheHint) }];
      }
      case "refusal":
        return [{ type: "text", text: part.text }];
      case "image":
      case "document":
        return [this.#media(part)];
      case "audio":
        throw badRequest("messages", "messages: this model takes no audio. Leave it out or choose another model.");
      case "tool-call":
        return [this.#call(part)];
      case "tool-result":
        return [this.#result(part)];
      case "reasoning":
        if (role === "assistant" && isSignature(part.signature)) return [encodeThinking(part)];
        this.#warnings.add("messages: reasoning without Anthropic's signature cannot be sent to this model and was left out.");
        return [];
      case "redacted-reasoning":
        return [{ type: "redacted_thinking", data: part.data }];
      case "opaque":
        return this.#opaque(part);
    }
  }

  #media(part: ImagePart | DocumentPart): WireBlock {
    if (part.type === "document") {
      if (!this.#capabilities.documents) throw unsupported("documents");
      return encodeDocument(part);
    }
    if (!this.#capabilities.images) throw unsupported("images");
    if (part.detail !== undefined && part.detail !== "auto") {
      this.#warnings.add("messages: an image's `detail` is not known to Anthropic's Messages API and was left out.");
    }
    return encodeImage(part);
  }

  #call(part: ToolCallPart): WireToolUse {
    return {
      ...kept(part),
      type: "tool_use",
      id: this.#ids.call(part.id),
      name: this.#names.send(part.name),
      input: this.#input(part),
      ...marked(part.cacheHint),
    };
  }

  #input(part: ToolCallPart): JsonObject {
    if (part.kind === "custom") return { [CUSTOM_TOOL_FIELD]: part.arguments };
    if (part.arguments.trim() === "") return {};
    const input = parseJson(part.arguments);
    if (isObject(input)) return input;
    this.#warnings.add(
      `messages: arguments of a tool call that are no JSON object were sent as text, in a field \`${UNPARSED_ARGUMENTS_FIELD}\`.`,
    );
    return { [UNPARSED_ARGUMENTS_FIELD]: part.arguments };
  }

  #result(part: ToolResultPart): WireToolResult {
    const blocks = withoutBlankText(part.content.flatMap((inner) => this.#block(inner, "tool")));
    return {
      ...kept(part),
      type: "tool_result",
      tool_use_id: this.#ids.result(part.callId),
      ...(blocks.length > 0 ? { content: plainText(blocks) ?? blocks } : {}),
      ...(part.isError === undefined ? {} : { is_error: part.isError }),
      ...marked(part.cacheHint),
    };
  }

  #opaque(part: OpaquePart): JsonObject[] {
    if (isNativeTo(PROTOCOL, part)) return [part.value];
    this.#warnings.add(`messages: content of type ${quote(part.value.type)} is not known to Anthropic's Messages API and was left out.`);
    return [];
  }
}

function unsupported(what: "images" | "documents"): Error {
  return badRequest("messages", `messages: this model takes no ${what}. Leave them out or choose another model.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
