import type { Capabilities } from "../../inference";
import type { ToolNames } from "./tool-names";

/** What every part of a request's encoding needs. */
export interface EncodeScope {
  capabilities: Capabilities;
  names: ToolNames;
  /** One sentence each; a set, for the same thing may be left out many times. */
  warnings: Set<string>;
}
