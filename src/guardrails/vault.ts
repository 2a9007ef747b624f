import { resolveOverlaps, type Span } from "./finding";
import { type PlaceholderMatch, placeholder, placeholdersIn, placeholderType } from "./placeholder";

/** What a placeholder stands for that is no finding: a bracket form that the caller wrote and that would be taken for ours. */
const LITERAL = "TEXT";

/** A score above a literal's, so that a finding that covers one is replaced as a whole. */
const FINDING_FIRST = 2;

export interface VaultOptions {
  /** "reversible" puts values back into replies; "redact-only" forgets them at once. */
  mode?: "reversible" | "redact-only";
}

/**
 * Placeholders for one request, and the values behind them, which never outlive it. The same value of the same type has the same
 * placeholder in every text of the request. Call `reserve` with all texts first, so that no placeholder looks like something the
 * caller wrote; a text that was not reserved is still safe, its own bracket forms are put away under placeholders too.
 */
export class Vault {
  private readonly names = new Map<string, string>();
  private readonly values = new Map<string, string>();
  private readonly lastNumbers = new Map<string, number>();
  private readonly reserved = new Set<string>();
  private readonly keepsValues: boolean;

  constructor({ mode = "reversible" }: VaultOptions = {}) {
    this.keepsValues = mode === "reversible";
  }

  /** Placeholders given out so far. */
  get size(): number {
    return this.names.size;
  }

  /** Never gives out a placeholder that stands in `text` already. */
  reserve(text: string): void {
    for (const { name } of placeholdersIn(text)) if (!this.isOurs(name)) this.reserved.add(name);
  }

  /** `text` with each finding's span replaced. Findings must be in order and not overlap, as `resolveOverlaps` leaves them. */
  redact(text: string, findings: readonly Span[]): string {
    const literals = this.literalsIn(text);
    if (findings.length === 0 && literals.length === 0) return text;
    const spans = resolveOverlaps([...findings.map((finding) => ({ ...finding, score: FINDING_FIRST })), ...literals]);
    let [redacted, done] = ["", 0];
    for (const { type, start, end } of spans) {
      redacted += text.slice(done, start) + this.placeholderFor(type, text.slice(start, end));
      done = end;
    }
    return redacted + text.slice(done);
  }

  /** The placeholder of a value, made at its first appearance. */
  placeholderFor(type: string, value: string): string {
    const kind = placeholderType(type);
    const key = `${kind}\0${value}`;
    const known = this.names.get(key);
    if (known) return placeholder(known);
    let number = this.lastNumbers.get(kind) ?? 0;
    let name: string;
    do name = `${kind}_${++number}`;
    while (this.reserved.has(name));
    this.lastNumbers.set(kind, number);
    this.names.set(key, name);
    this.values.set(name, this.keepsValues ? value : "");
    return placeholder(name);
  }

  /** The value behind a placeholder's name ("EMAIL_1"); undefined for names that are not ours, and always in "redact-only" mode. */
  valueOf(name: string): string | undefined {
    return this.keepsValues ? this.values.get(name) : undefined;
  }

  /** The values that may come back, as they are and as JSON writes them. */
  get spellings(): ReadonlySet<string> {
    return new Set(this.keepsValues ? [...this.values.values()].flatMap((value) => [value, escapeForJson(value)]) : []);
  }

  /** Whether `start`, the beginning of a name, is also the beginning of one that was given out. */
  mayBecomeOurs(start: string): boolean {
    if (!this.keepsValues) return false;
    for (const [kind, last] of this.lastNumbers) {
      if (`${kind}_`.startsWith(start)) return true;
      const digits = start.startsWith(`${kind}_`) ? start.slice(kind.length + 1) : "";
      if (/^[1-9]\d*$/.test(digits) && Number(digits) <= last) return true;
    }
    return false;
  }

  /** `text` with values put back where their placeholders stand, however these were cased or escaped. */
  restore(text: string): string {
    return this.restoreWith(text, (value) => value);
  }

  /** As `restore`, inside the string literals of a JSON text: values go in escaped. */
  restoreJson(text: string): string {
    return this.restoreWith(text, escapeForJson);
  }

  private restoreWith(text: string, write: (value: string) => string): string {
    if (!this.keepsValues || this.values.size === 0) return text;
    let [restored, done] = ["", 0];
    for (const { start, end, name } of placeholdersIn(text)) {
      const value = this.values.get(name);
      if (value === undefined) continue;
      restored += text.slice(done, start) + write(value);
      done = end;
    }
    return restored + text.slice(done);
  }

  /** Bracket forms of the caller's that collide with ours; the others are kept free from now on. */
  private literalsIn(text: string): Span[] {
    const found: Span[] = [];
    for (const match of placeholdersIn(text)) {
      if (this.isOurs(match.name)) found.push(asSpan(match));
      else this.reserved.add(match.name);
    }
    return found;
  }

  private isOurs(name: string): boolean {
    return this.values.has(name);
  }
}

/**
 * For reasoning, which is signed as it is: with values put back it would be refused when it comes back, and carry them to the provider; and for what values
 * were put back into already. Never written to.
 */
export const NOTHING_REPLACED = new Vault();

/** As a JSON string's inside: quotes, backslashes and control characters escaped. */
export function escapeForJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

function asSpan({ start, end }: PlaceholderMatch): Span {
  return { type: LITERAL, start, end, score: 1 };
}
