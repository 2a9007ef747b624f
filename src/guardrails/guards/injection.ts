import type { GuardrailPolicy } from "../../config";
import type { Guard, Place } from "../guard";
import { scoreInjection } from "../injection";

const ATTACK_SCORE = 0.5;

/** What nobody but the operator or the model itself wrote is not asked about. */
const LOOKED_AT: ReadonlySet<Place> = new Set(["user", "tool-result", "document"]);

/** Attempts to take over the model: the user's own, and orders hidden in what tools and documents say. */
export function injectionGuard({
  input = "off",
  onFailure = "open",
  scoreMin = ATTACK_SCORE,
}: NonNullable<GuardrailPolicy["injection"]>): Guard {
  return {
    ...{ name: "injection", input, output: "off", onFailure },
    find(text, place) {
      if (!LOOKED_AT.has(place)) return [];
      const { score, start, end } = scoreInjection(text, { untrusted: place !== "user" });
      return score >= scoreMin ? [{ guard: "injection", type: place === "user" ? "DIRECT" : "INDIRECT", start, end, score }] : [];
    },
  };
}

/** Whether a text lies between clean and attack, where a second opinion is worth its price. */
export function isUncertain(text: string, place: Place): boolean {
  return LOOKED_AT.has(place) && scoreInjection(text, { untrusted: place !== "user" }).label === "uncertain";
}
