/** Shapes of credentials that vendors quote in their messages, whole or masked with asterisks. */
const CREDENTIALS = /\b(?:sk|pk|rk|gsk|xai|csk|key|pplx|hf|nvapi|AIza)[-_][\w*.-]{6,}|\bBearer\s+\S{8,}/g;

/** The text without anything that looks like a credential. */
export function redactCredentials(text: string): string {
  return text.replace(CREDENTIALS, "[redacted]");
}
