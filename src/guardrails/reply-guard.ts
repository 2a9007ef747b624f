import type { GuardAction } from "../config";
import { type Finding, resolveOverlaps } from "./finding";
import type { Decisions, Guard } from "./guard";
import { createLeakDetector, type LeakDetector } from "./injection";
import type { OutputRule } from "./output-check";
import { RestoreStream } from "./restore-stream";
import { SpanStream } from "./span-stream";
import { RedactStream, type RedactStreamOptions } from "./stream-window";
import type { Vault } from "./vault";

/** A text is looked at as a whole again when it has grown by a quarter, and by so much at least; in UTF-16 code units. */
const WHOLE_STEP_CHARS = 256;
/** Of a longer text, the end. */
const WHOLE_CHARS_MAX = 64 * 1024;

export interface ReplyGuardOptions {
  guards: readonly Guard[];
  vault: Vault;
  decisions: Decisions;
  /** What the caller himself wrote, where it stands in the reply as it is: nobody is to find it. */
  own?: ReadonlySet<string>;
  /** Texts were asked for as JSON: values go into its string literals. */
  isJson?: boolean;
  /** Where a leak of the system prompt matters. */
  leak?: { action: "flag" | "block"; systemText: string; canary?: string };
  /** What the text of every choice must be. */
  outputRule?: OutputRule;
}

/** One text of a reply as it passes: looked at, and what the request had replaced put back. */
export class TextGuard {
  readonly #options: ReplyGuardOptions;
  /** Guards of single words that block, and those that replace or take note. */
  readonly #blocking: RedactStream | undefined;
  readonly #changing: RedactStream | undefined;
  /** Guards of phrases and expressions, and guards of the text as a whole. */
  readonly #spanning: SpanStream | undefined;
  readonly #ofWhole: Guard[];
  #whole = "";
  #wholeLookedAt = 0;
  readonly #toldOfWhole = new Set<string>();
  readonly #restoring: RestoreStream;
  readonly #leak: LeakDetector | undefined;
  #isLeakTold = false;
  /** A guard could not look: nothing more leaves. */
  #isUnchecked = false;
  /** A guard has ended the reply. */
  isBlocked = false;

  constructor(options: ReplyGuardOptions, mode: "text" | "json") {
    const { guards, vault, leak, isJson } = options;
    this.#options = options;
    const active = guards.filter(({ output }) => output !== "off");
    const [words, spans] = [active.filter((one) => !one.mayGrow && !one.isOfWhole), active.filter((one) => one.mayGrow)];
    this.#ofWhole = active.filter((one) => one.isOfWhole);
    const blocking = words.filter(({ output }) => output === "block");
    const changing = words.filter(({ output }) => output !== "block");
    if (blocking.length > 0) {
      this.#blocking = new RedactStream({
        find: (text) => this.#find(blocking, text),
        ...mayHoldOf(blocking),
        action: "block",
        replace: (_, value) => value,
      });
    }
    if (changing.length > 0) {
      this.#changing = new RedactStream({
        // A replacement is asked for by type alone: the type has to tell the guard.
        find: (text) => this.#find(changing, text).map((finding) => ({ ...finding, type: `${finding.guard} ${finding.type}` })),
        ...mayHoldOf(changing),
        action: "redact",
        replace: (named, value) => {
          const [guard = "", type = ""] = named.split(" ", 2);
          return this.#actionOf(guard) === "redact" ? withoutNumber(type) : value;
        },
      });
    }
    if (spans.length > 0) {
      this.#spanning = new SpanStream({
        find: (text) => this.#find(spans, text),
        mayGrow: (text) => Math.max(...spans.map((guard) => guard.mayGrow?.(text) ?? 0)),
        settle: ({ guard, type }, value) => {
          const action = this.#actionOf(guard);
          this.#note(guard, action);
          if (action === "block") return null;
          return action === "redact" ? withoutNumber(type) : value;
        },
      });
    }
    this.#restoring = new RestoreStream(vault, isJson ? "json" : mode);
    if (leak && mode === "text") {
      const { systemText, canary } = leak;
      this.#leak = createLeakDetector({ systemText, ...(canary === undefined ? {} : { canary }) });
    }
  }

  /** The text that may leave for this piece. */
  push(piece: string): string {
    return this.#pass(piece, false);
  }

  /** What is left at the text's end. */
  end(): string {
    return this.#pass("", true);
  }

  #pass(piece: string, isEnd: boolean): string {
    if (this.isBlocked) return "";
    this.#watchLeak(isEnd ? this.#leak?.end() : this.#leak?.push(piece));
    this.#watchWhole(piece, isEnd);
    if (this.isBlocked) return "";
    let text = piece;
    // What goes before a block is looked at by the others too, and is then the last.
    let isLast = isEnd;
    for (const stage of [this.#blocking, this.#changing]) {
      if (!stage) continue;
      const parts = isLast ? [stage.push(text), stage.end()] : [stage.push(text)];
      text = parts.map((part) => part.text).join("");
      for (const { findings, blocked } of parts) {
        for (const { guard } of findings) this.#note(guard, this.#actionOf(guard));
        if (blocked) this.isBlocked = true;
      }
      isLast ||= this.isBlocked;
    }
    if (this.#spanning) {
      text = this.#spanning.push(text, isLast);
      if (this.#spanning.isStopped) this.isBlocked = true;
    }
    if (this.#isUnchecked) return "";
    const restored = this.#restoring.push(text);
    return isEnd || this.isBlocked ? restored + this.#restoring.end() : restored;
  }

  #watchLeak(found: string | undefined): void {
    const { leak } = this.#options;
    if (!found || !leak || this.#isLeakTold) return;
    this.#isLeakTold = true;
    this.#note("leak", leak.action);
    if (leak.action === "block") this.isBlocked = true;
  }

  #watchWhole(piece: string, isEnd: boolean): void {
    if (this.#ofWhole.length === 0) return;
    this.#whole = (this.#whole + piece).slice(-WHOLE_CHARS_MAX);
    const grown = this.#whole.length - this.#wholeLookedAt;
    if (!isEnd && grown < Math.max(WHOLE_STEP_CHARS, this.#wholeLookedAt / 4)) return;
    this.#wholeLookedAt = this.#whole.length;
    for (const guard of this.#ofWhole) {
      if (this.#toldOfWhole.has(guard.name) || this.#find([guard], this.#whole).length === 0) continue;
      this.#toldOfWhole.add(guard.name);
      this.#note(guard.name, this.#actionOf(guard.name));
      if (guard.output === "block") this.isBlocked = true;
    }
  }

  /** What guards find; one that fails and is closed ends the reply. */
  #find(guards: readonly Guard[], text: string): Finding[] {
    const { own } = this.#options;
    return resolveOverlaps(
      guards.flatMap((guard) => {
        try {
          const found = guard.find(text, "assistant");
          return own ? found.filter(({ start, end }) => !own.has(text.slice(start, end))) : [...found];
        } catch {
          const isOpen = guard.onFailure === "open";
          this.#note(guard.name, isOpen ? "failed-open" : "failed-closed");
          if (!isOpen) this.isBlocked = this.#isUnchecked = true;
          return [];
        }
      }),
    );
  }

  #note(guard: string, action: Parameters<Decisions["add"]>[0]["action"]): void {
    this.#options.decisions.add({ guard, direction: "output", action });
  }

  #actionOf(name: string): Exclude<GuardAction, "off"> {
    const action = this.#options.guards.find((guard) => guard.name === name)?.output;
    return action === "block" || action === "redact" ? action : "flag";
  }
}

/** Text that no guard would find anything in need not be shown to them: where each of them can tell. */
function mayHoldOf(guards: readonly Guard[]): Pick<RedactStreamOptions, "mayHold"> {
  const asked = new Set(guards.map((guard) => guard.mayHold));
  if (asked.has(undefined)) return {};
  return { mayHold: (context, held) => [...asked].some((mayHold) => mayHold?.(context, held)) };
}

/** What is taken out of a reply has no number: nobody puts it back. */
function withoutNumber(type: string): string {
  return `[${type}]`;
}
