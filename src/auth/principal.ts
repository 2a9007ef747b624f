/** What a virtual key may do. Stored as JSON with the key; absent fields mean "no restriction". */
export interface KeyPolicy {
  /** Models the key may ask for: exact names as clients write them (aliases too), or with a trailing `*` (`anthropic/*`, `gpt-4o*`). */
  models?: string[];
  /** Labels copied into every usage row of the key. */
  tags?: Record<string, string>;
  /** Limits and budget as given by the operator. */
  limits?: Record<string, number>;
  budget?: Record<string, number | string>;
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
  /** Switched off by the operator until he switches it on again; absent means on. */
  disabled?: boolean;
}

/** Who calls: the key and the end user on whose behalf it is used. */
export interface Principal {
  key: VirtualKey;
  /** `x-sluice-user`, else what the body says; absent when neither does. */
  user?: string;
}
