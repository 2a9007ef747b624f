import type { Finding } from "./finding";
import { resolveOverlaps } from "./finding";
import type { Decisions, Guard } from "./guard";
import { createLeakDetector, type LeakDetector } from "./injection";
import { RestoreStream } from "./restore-stream";
import { RedactStream } from "./stream-window";
import type { Vault } from "./vault";

export interface ReplyGuardOptions {
  guards: readonly Guard[];
  vault: Vault;
  decisions: Decisions;
  /** Where a leak of the system prompt matters. */
  leak?: { action: "flag" | "block"; systemText: string; canary?: string };
}

/** One text of a reply as it passes: looked at, and what the request had replaced put back. */
export class TextGuard {
  readonly #blocking: RedactStream | undefined;
  readonly #changing: RedactStream | undefined;
  readonly #restoring: RestoreStream;
  readonly #leak: LeakDetector | undefined;
  readonly #options: ReplyGuardOptions;
  #isLeakTold = false;
  /** A guard has ended the reply. */
  isBlocked = false;

  constructor(options: ReplyGuardOptions, mode: "text" | "json") {
    const { guards, decisions, vault, leak } = options;
    this.#options = options;
    const blocking = guards.filter(({ output }) => output === "block");
    const changing = guards.filter(({ output }) => output === "redact" || output === "flag");
    const find = (by: readonly Guard[]) => (text: string) => resolveOverlaps(by.flatMap((guard) => looked(guard, text, decisions)));
    if (blocking.length > 0) {
      this.#blocking = new RedactStream({ find: find(blocking), action: "block", replace: (_, value) => value });
    }
    if (changing.length > 0) {
      const redacting = new Set(changing.filter(({ output }) => output === "redact").map(({ name }) => name));
      const found = find(changing);
      this.#changing = new RedactStream({
        // A replacement is asked for by type alone: the type has to tell the guard.
        find: (text) => found(text).map((finding) => ({ ...finding, type: `${finding.guard} ${finding.type}` })),
        action: "redact",
        // What is only to be noted stays as it is; what is taken out of a reply has no number: nobody puts it back.
        replace: (named, value) => {
          const [guard = "", type = ""] = named.split(" ", 2);
          return redacting.has(guard) ? `[${type}]` : value;
        },
      });
    }
    this.#restoring = new RestoreStream(vault, mode);
    if (leak && mode === "text") {
      const { systemText, canary } = leak;
      this.#leak = createLeakDetector({ systemText, ...(canary === undefined ? {} : { canary }) });
    }
  }

  /** The text that may leave for this piece. */
  push(piece: string): string {
    if (this.isBlocked) return "";
    this.#watch(this.#leak?.push(piece));
    if (this.isBlocked) return "";
    return this.#released(piece, false);
  }

  /** What is left at the text's end. */
  end(): string {
    if (this.isBlocked) return "";
    this.#watch(this.#leak?.end());
    if (this.isBlocked) return "";
    return this.#released("", true);
  }

  #released(piece: string, isEnd: boolean): string {
    const { decisions } = this.#options;
    let text = piece;
    for (const stage of [this.#blocking, this.#changing]) {
      if (!stage) continue;
      const parts = isEnd ? [stage.push(text), stage.end()] : [stage.push(text)];
      text = parts.map((part) => part.text).join("");
      for (const { findings, blocked } of parts) {
        for (const { guard } of findings) decisions.add({ guard, direction: "output", action: this.#actionOf(guard) });
        if (blocked) this.isBlocked = true;
      }
      if (this.isBlocked) break;
    }
    const restored = this.#restoring.push(text);
    return isEnd || this.isBlocked ? restored + this.#restoring.end() : restored;
  }

  #watch(found: string | undefined): void {
    const { leak, decisions } = this.#options;
    if (!found || !leak || this.#isLeakTold) return;
    this.#isLeakTold = true;
    decisions.add({ guard: "leak", direction: "output", action: leak.action });
    if (leak.action === "block") this.isBlocked = true;
  }

  #actionOf(name: string): "flag" | "redact" | "block" {
    const action = this.#options.guards.find((guard) => guard.name === name)?.output;
    return action === "block" || action === "redact" ? action : "flag";
  }
}

function looked(guard: Guard, text: string, decisions: Decisions): readonly Finding[] {
  try {
    return guard.find(text, "assistant");
  } catch {
    decisions.add({ guard: guard.name, direction: "output", action: guard.onFailure === "open" ? "failed-open" : "failed-closed" });
    if (guard.onFailure === "open") return [];
    // All of it is taken for what must not leave.
    return [{ guard: guard.name, type: "UNCHECKED", start: 0, end: text.length, score: 1 }];
  }
}
