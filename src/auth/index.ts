export { announceKey, type KeyAnnouncement, type KeySnapshotWriter } from "./announce-key";
export { type Authentication, authenticate, USER_CHARS_MAX } from "./authenticate";
export { hashKey, isSameHash } from "./key-hash";
export { KeyMemory, type KeyReading } from "./key-memory";
export { isModelAllowed, keyIsLive, keyState } from "./key-policy";
export { newKeyId, newKeyText, readKeyId } from "./key-text";
export { type KeyLookup, type KeySnapshot, type KeySnapshotReader, type KeySource, lookUpKey, SNAPSHOT_AGE_MS_MAX } from "./look-up-key";
export type { KeyPolicy, Principal, VirtualKey } from "./principal";
export { type KeyPages, refreshSnapshots, type SnapshotRefresh } from "./refresh-snapshots";
