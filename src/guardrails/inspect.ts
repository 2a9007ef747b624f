import type { InferenceRequest } from "../inference";
import type { Finding } from "./finding";
import { resolveOverlaps } from "./finding";
import { type Decisions, type Guard, INSPECTED_CHARS_MAX, type Place } from "./guard";
import { mapTexts } from "./texts";
import type { Vault } from "./vault";

/** The request as it may be sent; `blockedBy` names the guard that refuses it. */
export interface Inspected {
  request: InferenceRequest;
  blockedBy?: { guard: string; isFailure: boolean };
}

/** Has every guard look at every text of a request: what it finds is noted, replaced, or ends it. */
export function inspectRequest(request: InferenceRequest, guards: readonly Guard[], vault: Vault, decisions: Decisions): Inspected {
  const active = guards.filter(({ input }) => input !== "off");
  if (active.length === 0) return { request };
  const texts: [text: string, place: Place][] = [];
  mapTexts(request, (text, place) => {
    texts.push([text, place]);
    return text;
  });
  const size = texts.reduce((sum, [text]) => sum + text.length, 0);
  const redactions = new Map<string, Set<Finding>>();
  for (const guard of active) {
    const found = lookAt(guard, texts, size);
    if (!found) {
      decisions.add({ guard: guard.name, direction: "input", action: guard.onFailure === "open" ? "failed-open" : "failed-closed" });
      if (guard.onFailure === "closed") return { request, blockedBy: { guard: guard.name, isFailure: true } };
      continue;
    }
    const count = found.reduce((sum, { findings }) => sum + findings.length, 0);
    const { input } = guard;
    if (count === 0 || input === "off") continue;
    decisions.add({ guard: guard.name, direction: "input", action: input }, count);
    if (input === "block") return { request, blockedBy: { guard: guard.name, isFailure: false } };
    if (input !== "redact") continue;
    const done = new Set<readonly Finding[]>();
    for (const { text, findings } of found) {
      if (findings.length === 0 || done.has(findings)) continue;
      done.add(findings);
      const of = redactions.get(text) ?? new Set();
      for (const finding of findings) of.add(finding);
      redactions.set(text, of);
    }
  }
  if (redactions.size === 0) return { request };
  for (const [text] of texts) vault.reserve(text);
  const redacted = new Map<string, string>();
  const redact = (text: string): string => {
    const known = redacted.get(text) ?? vault.redact(text, resolveOverlaps([...(redactions.get(text) ?? [])]));
    redacted.set(text, known);
    return known;
  };
  return { request: mapTexts(request, redact) };
}

/** What a guard finds, text by text; undefined when it throws or has too much to read. */
function lookAt(
  guard: Guard,
  texts: readonly [string, Place][],
  size: number,
): { text: string; findings: readonly Finding[] }[] | undefined {
  if (size > INSPECTED_CHARS_MAX) return undefined;
  try {
    const seen = new Map<string, readonly Finding[]>();
    return texts.map(([text, place]) => {
      const key = `${place} ${text}`;
      const findings = seen.get(key) ?? guard.find(text, place);
      seen.set(key, findings);
      return { text, findings };
    });
  } catch {
    // Which text it was must not be told; that it failed is, by the decision.
    return undefined;
  }
}
