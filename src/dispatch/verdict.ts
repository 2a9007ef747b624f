import type { ErrorClass } from "../providers";

/** What an attempt's failure means for the walk along the chain. */
export interface Verdict {
  /**
   * `stop`: the caller's fault, nobody else is asked. `elsewhere`: hopeless on this deployment, for this request. `later`: this deployment may
   * do it after a pause.
   */
  next: "stop" | "elsewhere" | "later";
  /** What the deployment's circuit breaker is told. */
  health: "failed" | "neutral";
}

/** What to make of a failure. `isPrimary` is false for a deployment that was asked because others had failed. */
export function verdictOn(errorClass: ErrorClass, isPrimary: boolean, onContentPolicy: "return" | "fallback"): Verdict {
  switch (errorClass) {
    case "credential":
    case "geo-blocked":
    case "quota":
      return { next: "elsewhere", health: "failed" };
    case "context-length":
      return { next: "elsewhere", health: "neutral" };
    case "content-policy":
      return { next: onContentPolicy === "fallback" ? "elsewhere" : "stop", health: "neutral" };
    case "rate-limited":
      return { next: "later", health: "neutral" };
    case "overloaded":
    case "server-error":
    case "timeout":
    case "network":
    case "malformed":
      return { next: "later", health: "failed" };
    // What a fallback refuses may be the fault of the translation: the others are asked, and the primary's own failure is what is told.
    case "invalid-request":
    case "not-found":
      return { next: isPrimary ? "stop" : "elsewhere", health: "neutral" };
  }
}
