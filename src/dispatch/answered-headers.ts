import { headerText } from "../core/headers";
import type { Answered, FallbackNote, StoredNote } from "./reply";

/** The headers that say who answered, and what became of those who did not. */
export function answeredHeaders(answered: Answered | undefined): Record<string, string> {
  if (!answered) return {};
  const { deployment, stored, fallback } = answered;
  const warnings = deployment.simulated
    ? ["no provider key is set, so the local simulator answered; put one into .dev.vars", ...answered.warnings]
    : answered.warnings;
  return {
    "x-sluice-model": headerText(stored?.model ?? deployment.model),
    "x-sluice-provider": headerText(stored?.provider ?? (deployment.simulated ? "simulator" : deployment.provider.id)),
    ...(stored ? storedHeaders(stored) : {}),
    ...(fallback ? { "x-sluice-fallback": headerText(fallbackText(fallback)) } : {}),
    ...(warnings.length > 0 ? { "x-sluice-warnings": headerText(warnings.join(" | ")) } : {}),
  };
}

function storedHeaders({ tier, ageSeconds, similarity }: StoredNote): Record<string, string> {
  return {
    "x-sluice-cache": tier,
    age: String(ageSeconds),
    ...(similarity === undefined ? {} : { "x-sluice-cache-similarity": similarity.toFixed(3) }),
  };
}

/** `from=…; to=…; reason=…; attempts=N`, and where nobody answered, what became of each. */
function fallbackText({ from, to, reason, attempts, tried }: FallbackNote): string {
  const all = to === undefined ? `; tried=${tried.map((one) => `${one.deployment}:${one.reason}`).join(",")}` : "";
  return `from=${from}; to=${to ?? "none"}; reason=${reason}; attempts=${attempts}${all}`;
}
