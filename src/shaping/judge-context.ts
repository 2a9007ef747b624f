/** How far an estimate of input tokens may be off, as a share of it. */
const ESTIMATE_ERROR = 0.1;

/** Most input tokens beside an output of `outputTokensMax`; no limit where the window is not known. */
export function inputRoom(contextTokensMax: number | undefined, outputTokensMax: number): number {
  return contextTokensMax === undefined ? Number.POSITIVE_INFINITY : Math.max(0, contextTokensMax - outputTokensMax);
}

/**
 * Whether an estimated prompt fits a model's window. `fits`: with its whole output, whatever the estimate's error. `over`: it does not even
 * without any. `near`: only an exact count tells.
 */
export function judgeContext(inputTokens: number, outputTokensMax: number, contextTokensMax: number | undefined): "fits" | "near" | "over" {
  if (inputTokens * (1 + ESTIMATE_ERROR) <= inputRoom(contextTokensMax, outputTokensMax)) return "fits";
  return inputTokens * (1 - ESTIMATE_ERROR) >= inputRoom(contextTokensMax, 0) ? "over" : "near";
}
