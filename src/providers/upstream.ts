import type { Provider } from "./provider";

/** Secrets and settings by name, as the operator gave them. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** Where and how one provider is reached in this deployment of the gateway. */
export interface UpstreamAccess {
  chatUrl: string;
  /** Credential and fixed headers. Never logged, never shown. */
  headers: Record<string, string>;
  /** The credential by itself, to be recognised where an upstream quotes it. */
  credential?: string;
}

/** Further credentials of a provider are read from `NAME_API_KEY_2` up to this number. */
const CREDENTIALS_MAX = 9;

/**
 * The ways to reach `provider`, one per credential (`NAME_API_KEY`, `NAME_API_KEY_2`, …); none when the operator configured neither a
 * credential nor a base URL of his own (a server on one's own machine needs no credential). A base URL may be any http(s) origin; only the
 * operator can set one.
 */
export function accessesTo(provider: Provider, settings: Settings): UpstreamAccess[] {
  const ownBaseUrl = settings[provider.env.baseUrl]?.trim();
  const baseUrl = ownBaseUrl || provider.baseUrl;
  if (!baseUrl) return [];
  const names = [provider.env.apiKey, ...Array.from({ length: CREDENTIALS_MAX - 1 }, (_, at) => `${provider.env.apiKey}_${at + 2}`)];
  const apiKeys = names.flatMap((name) => settings[name]?.trim() || []);
  const chatUrl = baseUrl.replace(/\/+$/, "") + provider.chatPath;
  if (apiKeys.length === 0) return ownBaseUrl ? [{ chatUrl, headers: { ...provider.headers } }] : [];
  return apiKeys.map((apiKey) => ({
    chatUrl,
    headers: { ...provider.headers, ...credentialHeader(provider.auth, apiKey) },
    credential: apiKey,
  }));
}

function credentialHeader(auth: Provider["auth"], apiKey: string): Record<string, string> {
  switch (auth) {
    case "bearer":
      return { authorization: `Bearer ${apiKey}` };
    case "x-api-key":
      return { "x-api-key": apiKey };
    case "api-key":
      return { "api-key": apiKey };
  }
}
