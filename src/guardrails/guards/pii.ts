import type { GuardrailPolicy } from "../../config";
import type { Guard } from "../guard";
import { mayHoldValues } from "../may-hold";
import { findPii } from "../pii";

/** Personal data, by its forms, checksums and the words around it. */
export function piiGuard({
  input = "off",
  output = "off",
  onFailure = "closed",
  types,
  scoreMin,
}: NonNullable<GuardrailPolicy["pii"]>): Guard {
  const options = { ...(types ? { types: new Set(types) } : {}), ...(scoreMin === undefined ? {} : { scoreMin }) };
  return { name: "pii", input, output, onFailure, find: (text) => findPii(text, options), mayHold: mayHoldValues };
}
