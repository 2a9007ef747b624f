import type { ReasoningEffort } from "./request";

/**
 * What a deployment's model can do and how its wire wants to be spoken to. Declared by providers and configuration; an encoder asks
 * these properties, never who the vendor is.
 */
export interface Capabilities {
  contextTokensMax?: number;
  /** Largest output the model accepts; also the cap sent where a wire demands one and the client gave none. */
  outputTokensMax: number;
  /** The wire takes cache marks, and the model caches prefixes from this many tokens on. Absent: it caches by itself, or not at all. */
  cacheMarkTokensMin?: number;
  images: boolean;
  documents: boolean;
  audio: boolean;
  tools: boolean;
  /** A call of some tool, or of a named one, can be demanded. */
  forcedToolChoice: boolean;
  /** `native`: the wire has a schema field. `tool`: through a forced tool. `none`: by instruction only. */
  structuredOutput: "native" | "tool" | "none";
  /** `effort`: a named level. `budget`: a number of tokens. `adaptive`: the model decides, a level guides it. */
  reasoning: "none" | "effort" | "budget" | "adaptive";
  /** The levels that the model takes, weakest first; absent where any is taken. */
  reasoningEfforts?: ReasoningEffort[];
  /** Reasoning can be switched off. */
  reasoningCanBeOff: boolean;
  /** `fixed`: the model refuses temperature and nucleus sampling. `one-of`: temperature or top_p, not both. */
  sampling: "free" | "one-of" | "fixed";
  temperatureMax: number;
  /** Requests for several replies (`n`) and log probabilities. */
  multipleChoices: boolean;
  logprobs: boolean;
  /** Anthropic-shaped wire: the `system` role is taken within messages, not only before them. */
  systemWithinMessages: boolean;
  /** Name of the output cap on an OpenAI-shaped wire. */
  outputCapField: "max_tokens" | "max_completion_tokens";
  /** OpenAI-shaped wire: the `developer` role is known. */
  developerRole: boolean;
  /** OpenAI-shaped wire: `stream_options.include_usage` is understood. */
  streamUsageOption: boolean;
  /** OpenAI-shaped wire: the name of the seed where it is not `seed`. */
  seedField?: "random_seed";
  /** OpenAI-shaped wire: false where a field for the end user (`user`) is refused. */
  endUserField?: false;
  /** OpenAI-shaped wire: false where a message's `name` is refused. */
  speakerNames?: false;
  /** OpenAI-shaped wire: the message field in which reasoning is sent back in history, or `none` where it is refused. */
  reasoningHistoryField: "none" | "reasoning_content" | "reasoning" | "reasoning_details";
}
