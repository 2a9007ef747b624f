import type { KeyCachePolicy } from "../cache";
import type { GuardrailPolicy } from "../config";
import type { JsonValue } from "../inference";
import type { LimitPolicy, RateLimits } from "../limits";

/** What a virtual key may do. Stored as JSON with the key; absent fields mean "no restriction". */
export interface KeyPolicy {
  /** Models the key may ask for: exact names as clients write them (aliases too), or with a trailing `*` (`anthropic/*`, `gpt-4o*`). */
  models?: string[];
  /** Labels copied into every usage row of the key. */
  tags?: Record<string, string>;
  /** Limits and budgets as the operator gave them, for him to read; `rules` is what they mean. */
  limits?: JsonValue;
  budget?: JsonValue;
  user_limits?: JsonValue;
  user_budget?: JsonValue;
  team?: string;
  team_limits?: JsonValue;
  team_budget?: JsonValue;
  model_limits?: JsonValue;
  rules?: LimitPolicy;
  /** How replies to the key's requests are cached, where it differs from the operator's configuration. */
  cache?: KeyCachePolicy;
  /** Guards besides those of the configuration. */
  guardrails?: GuardrailPolicy;
  /** Most output tokens of one reply. */
  max_output_tokens?: number;
  /** Requests must name an end user. */
  require_user?: boolean;
  /** When limits cannot be checked: let requests through, or refuse them. Absent is open. */
  on_limiter_failure?: "open" | "closed";
}

/** A virtual key as stored: never the key itself, only its peppered hash. Times in Unix milliseconds. */
export interface VirtualKey {
  id: string;
  name: string;
  /** HMAC-SHA-256 of the key under KEY_PEPPER, lower-case hex. */
  hash: string;
  policy: KeyPolicy;
  createdAtMs: number;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
  updatedAtMs?: number;
  /** Switched off by the operator until he switches it on again; absent means on. */
  disabled?: boolean;
}

/** Who calls: the key and the end user on whose behalf it is used. */
export interface Principal {
  key: VirtualKey;
  /** `x-sluice-user`, else what the body says; absent when neither does. */
  user?: string;
  /** The user is a signed token's: no header or body names another. */
  isUserProven?: true;
  /** What the token allows, within what the key does. */
  models?: string[];
  limits?: RateLimits;
}
