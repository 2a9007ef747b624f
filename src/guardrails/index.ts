export * from "./custom";
export { type Finding, resolveOverlaps } from "./finding";
export { Decisions, type Guard, type GuardDecision, INSPECTED_CHARS_MAX, type Place } from "./guard";
export { GUARDS_VERSION, GuardPolicies, guardsOf, isUncertain } from "./guards";
export {
  createLeakDetector,
  makeCanary,
  makeSpotlightMarker,
  scoreInjection,
  spotlight,
  spotlightNote,
  withCanary,
} from "./injection";
export { type Inspected, inspectRequest } from "./inspect";
export { type InspectedResponse, inspectResponse } from "./inspect-response";
export { mayHoldValues } from "./may-hold";
export { opinionRequest } from "./opinion";
export { OUTPUT_SCHEMA } from "./output-check";
export { findPii, type PiiOptions } from "./pii";
export { type ReplyGuardOptions, TextGuard } from "./reply-guard";
export { type RestoreMode, RestoreStream } from "./restore-stream";
export { findSecrets } from "./secrets";
export { spotlighted } from "./spotlit-request";
export { StreamGuard } from "./stream-guard";
export { HELD_CHARS_MAX, RedactStream, type RedactStreamOptions, type Released } from "./stream-window";
export { mapTexts } from "./texts";
export { escapeForJson, NOTHING_REPLACED, Vault, type VaultOptions } from "./vault";
