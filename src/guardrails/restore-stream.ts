import { backslashesBefore, readPlaceholder } from "./placeholder";
import { escapeForJson, type Vault } from "./vault";

/** Where the restored text goes: into prose, or into the string literals of JSON that arrives in pieces (tool arguments). */
export type RestoreMode = "text" | "json";

/**
 * Puts values back into a text that arrives in pieces, with placeholders cut anywhere. Holds back only what can still become a
 * placeholder of the vault's, which is bounded by the longest one; everything else leaves with the piece it came in.
 */
export class RestoreStream {
  private held = "";
  private readonly vault: Vault;
  private readonly write: (value: string) => string;

  constructor(vault: Vault, mode: RestoreMode = "text") {
    this.vault = vault;
    this.write = mode === "json" ? escapeForJson : (value) => value;
  }

  /** The text that can leave now. */
  push(chunk: string): string {
    const text = this.held + chunk;
    this.held = "";
    let [out, done] = ["", 0];
    for (let bracket = text.indexOf("["); bracket >= 0; bracket = text.indexOf("[", bracket + 1)) {
      const reading = readPlaceholder(text, bracket);
      if (reading === "none") continue;
      if (reading === "cut") {
        if (!this.vault.mayBecomeOurs(plainName(text.slice(bracket + 1)))) continue;
        return this.hold(text, bracket - backslashesBefore(text, bracket), out, done);
      }
      const value = this.vault.valueOf(reading.name);
      if (value === undefined) continue;
      out += text.slice(done, reading.start) + this.write(value);
      done = reading.end;
      bracket = reading.end - 1;
    }
    // A backslash at the end may belong to a bracket that comes next.
    return this.hold(text, this.vault.size === 0 ? text.length : text.length - backslashesBefore(text, text.length), out, done);
  }

  /** What was held, at the text's end. */
  end(): string {
    const rest = this.held;
    this.held = "";
    return rest;
  }

  private hold(text: string, from: number, out: string, done: number): string {
    const start = Math.max(from, done);
    this.held = text.slice(start);
    return out + text.slice(done, start);
  }
}

function plainName(start: string): string {
  return start.replaceAll("\\", "").toUpperCase();
}
