export type { Capabilities } from "./capabilities";
export { type Collected, Collector, collectEvents, expandResponse, mergeUsage } from "./collect";
export { type InferenceEvent, isOutput, type PartDelta, type PartStart, type StreamError } from "./event";
export type * from "./part";
export * from "./request";
export type * from "./response";
export { inputTokensTotal, type Usage } from "./usage";
