export {
  type CacheHistory,
  type CacheObservation,
  type CachePrices,
  NO_CACHE_HISTORY,
  netSaving,
  observeCache,
  shouldMark,
} from "./cache-worth";
export { type CapOptions, capOutput, OUTPUT_TOKENS_OF_TASK, type OutputCap, type OutputTask } from "./cap-output";
export { counterOf, countRequest, type TokenCounter } from "./count";
export { type Fitted, fitWindow, type LeftOut, type WindowOptions } from "./fit-window";
export { inputRoom, judgeContext } from "./judge-context";
export { hasMarks, longestMark, type MarkOptions, markPromptCache, withMarks } from "./mark-prompt";
export { prefixFamilies, staticPrefix } from "./prompt-prefix";
export {
  type EarlierSummary,
  type Planned,
  planSummary,
  type SummaryKey,
  type SummaryOptions,
  type SummaryPlan,
  summaryKeys,
  summaryRequest,
  withSummary,
} from "./summarize";
