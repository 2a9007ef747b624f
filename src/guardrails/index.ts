export * from "./custom";
export { type Finding, resolveOverlaps } from "./finding";
export { mayHoldValues } from "./may-hold";
export { findPii, type PiiOptions } from "./pii";
export { type RestoreMode, RestoreStream } from "./restore-stream";
export { findSecrets } from "./secrets";
export { HELD_CHARS_MAX, RedactStream, type RedactStreamOptions, type Released } from "./stream-window";
export { escapeForJson, Vault, type VaultOptions } from "./vault";
