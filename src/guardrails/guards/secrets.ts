import type { GuardrailPolicy } from "../../config";
import type { Guard } from "../guard";
import { mayHoldValues } from "../may-hold";
import { findSecrets } from "../secrets";

/** Keys, tokens, private keys, connection strings. */
export function secretsGuard({
  input = "off",
  output = "off",
  onFailure = "closed",
  scoreMin = 0,
}: NonNullable<GuardrailPolicy["secrets"]>): Guard {
  return {
    ...{ name: "secrets", input, output, onFailure, mayHold: mayHoldValues },
    find: (text) => findSecrets(text).filter(({ score }) => score >= scoreMin),
  };
}
