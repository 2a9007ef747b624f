/** Shapes of credentials that vendors quote in their messages, whole or masked with asterisks. */
const CREDENTIALS = /\b(?:sk|pk|rk|gsk|xai|csk|key|pplx|hf|nvapi|AIza)[-_][\w*.-]{6,}|\bBearer\s+\S{8,}/g;

/** A shorter one than this would be found in innocent words. */
const KNOWN_CHARS_MIN = 8;

/** The text without anything that looks like a credential, and without the `known` one, whatever it looks like. */
export function redactCredentials(text: string, known?: string): string {
  const unknown = known !== undefined && known.length >= KNOWN_CHARS_MIN ? text.replaceAll(known, "[redacted]") : text;
  return unknown.replace(CREDENTIALS, "[redacted]");
}
