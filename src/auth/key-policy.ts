import type { KeyPolicy, Principal, VirtualKey } from "./principal";

/** Whether a key may ask for a model by this name. A pattern is an exact name, or a beginning followed by `*`; no list allows all. */
export function isModelAllowed(policy: KeyPolicy, asked: string): boolean {
  if (policy.models === undefined) return true;
  return policy.models.some((pattern) => (pattern.endsWith("*") ? asked.startsWith(pattern.slice(0, -1)) : asked === pattern));
}

/** Whether a principal may: its key, and where a token narrows that, the token too. */
export function mayUseModel({ key, models }: Principal, asked: string): boolean {
  return isModelAllowed(key.policy, asked) && (models === undefined || isModelAllowed({ models }, asked));
}

/** Why a key does not open anything now, or `live`. The moment of expiry itself is already too late. */
export function keyState(
  key: Pick<VirtualKey, "revokedAtMs" | "expiresAtMs" | "disabled">,
  nowMs: number,
): "live" | "revoked" | "disabled" | "expired" {
  if (key.revokedAtMs !== null) return "revoked";
  if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) return "expired";
  return key.disabled ? "disabled" : "live";
}

export function keyIsLive(key: VirtualKey, nowMs: number): boolean {
  return keyState(key, nowMs) === "live";
}
