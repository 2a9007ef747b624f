import type { Capabilities } from "../../inference";

/** For tests: a model that takes everything that this wire can say. */
export const CAPABLE: Capabilities = {
  outputTokensMax: 1_000_000,
  images: true,
  documents: true,
  audio: false,
  tools: true,
  forcedToolChoice: true,
  structuredOutput: "native",
  reasoning: "adaptive",
  reasoningCanBeOff: true,
  sampling: "free",
  temperatureMax: 1,
  multipleChoices: false,
  logprobs: false,
  systemWithinMessages: true,
  outputCapField: "max_tokens",
  developerRole: false,
  streamUsageOption: false,
  reasoningHistoryField: "none",
};
