export { EMBEDDING_DIMENSIONS, embedLexical } from "./embed-lexical";
export { type PairVerdict, type VerifySetting, verifyPair } from "./verify-pair";
