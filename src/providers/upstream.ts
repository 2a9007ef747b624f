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

/**
 * How to reach `provider`, or null when the operator configured neither a credential nor a base URL of his own (a server on
 * one's own machine needs no credential). A base URL may be any http(s) origin; only the operator can set one.
 */
export function accessTo(provider: Provider, settings: Settings): UpstreamAccess | null {
  const apiKey = settings[provider.env.apiKey]?.trim();
  const ownBaseUrl = settings[provider.env.baseUrl]?.trim();
  const baseUrl = ownBaseUrl || provider.baseUrl;
  if (!baseUrl || (!apiKey && !ownBaseUrl)) return null;
  return {
    chatUrl: baseUrl.replace(/\/+$/, "") + provider.chatPath,
    headers: { ...provider.headers, ...(apiKey ? credentialHeader(provider.auth, apiKey) : {}) },
    ...(apiKey ? { credential: apiKey } : {}),
  };
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
