import { GatewayError } from "../core/errors";

/** Said where nobody knows when it makes sense to try again. */
const RETRY_AFTER_SECONDS_DEFAULT = 5;

/** Time is up: the one that the client gave, or the deployment's own. */
export function lateError(elapsedMs: number, timeoutMs: number | undefined): GatewayError {
  if (timeoutMs !== undefined && elapsedMs >= timeoutMs) {
    const message = `No reply came within the ${timeoutMs} ms that \`x-sluice-timeout-ms\` gives. Allow more time, or ask for less.`;
    return new GatewayError("client-deadline", message, { code: "client_deadline" });
  }
  return new GatewayError("upstream-deadline", "No provider answered in time. Try again, or ask for less.", { code: "deadline" });
}

/** Nobody was asked: every deployment's breaker is open, or its provider's limit is reached. `waitMs` until the soonest chance. */
export function closedError(isLimit: boolean, waitMs: number): GatewayError {
  const retryAfterSeconds = Number.isFinite(waitMs) ? Math.max(0.001, waitMs / 1000) : RETRY_AFTER_SECONDS_DEFAULT;
  if (isLimit) {
    const message = "The providers' limits are reached for the moment. Try again after the time in `retry-after`.";
    return new GatewayError("rate-limited", message, { code: "provider_rate_limited", retryAfterSeconds });
  }
  const message = "Every provider of this model is failing at the moment. Try again after the time in `retry-after`.";
  return new GatewayError("unavailable", message, { code: "circuit_open", retryAfterSeconds });
}
