import type { ReplyHints } from "../protocol";
import { isObject } from "../reader";
import { CUSTOM_TOOL_FIELD } from "./tools";

/** What a reply's tool call is to the client, given how the tool had to be sent. */
export type RestoredTool =
  | { is: "function"; name: string }
  /** A free-text tool: its text is in a field of the input. */
  | { is: "custom"; name: string }
  /** The structured output: no call to the client, but text. */
  | { is: "output" };

/** Undoes, in a reply, what the encoder of the request did to its tools. */
export class ReplyTools {
  readonly #hints: ReplyHints;
  #idsMade = 0;

  constructor(hints: ReplyHints) {
    this.#hints = hints;
  }

  restore(sent: string): RestoredTool {
    const { structuredOutputTool, customTools, toolNames } = this.#hints;
    if (sent === structuredOutputTool) return { is: "output" };
    const name = toolNames && Object.hasOwn(toolNames, sent) ? (toolNames[sent] ?? sent) : sent;
    return { is: customTools?.includes(name) ? "custom" : "function", name };
  }

  /** For a call that came without an id. */
  makeId(): string {
    this.#idsMade += 1;
    return `toolu_${this.#hints.requestId}_${this.#idsMade}`;
  }
}

/** The free text within a custom tool's input; the input itself where the model did not keep to the form. */
export function freeText(inputText: string): string {
  try {
    const input: unknown = JSON.parse(inputText);
    if (isObject(input) && typeof input[CUSTOM_TOOL_FIELD] === "string") return input[CUSTOM_TOOL_FIELD];
  } catch {
    // Cut by the token limit: what came is shown as it came.
  }
  return inputText;
}
