import * as z from "zod";
import { modelRef } from "./routing";

/** `flag` only takes note; `redact` replaces what was found; `block` refuses the request, or ends the reply. */
export const GUARD_ACTIONS = ["off", "flag", "redact", "block"] as const;
const action = z.enum(GUARD_ACTIONS);
const verdictOnly = z.enum(["off", "flag", "block"]);

/** When a guard throws, or has more to read than it may: let the text through, or refuse it. Either way it is said. */
const onFailure = z.enum(["open", "closed"]);
const both = { input: action, output: action, onFailure };
const named = { name: z.string().regex(/^[a-z0-9-]{1,40}$/, "expected a name of a-z, 0-9 and -"), ...both };
const requiredName = { name: true } as const;

const blockList = z
  .strictObject({ ...named, terms: z.array(z.string().min(1).max(200)).min(1).max(5000) })
  .partial()
  .required({ ...requiredName, terms: true });
const pattern = z
  .strictObject({ ...named, source: z.string().min(1).max(500) })
  .partial()
  .required({ ...requiredName, source: true });
const topic = z
  .strictObject({
    ...named,
    input: verdictOnly,
    output: verdictOnly,
    keywords: z.array(z.string().min(1).max(200)).min(1).max(1000),
    keywordsMin: z.int().min(1),
  })
  .partial()
  .required({ ...requiredName, keywords: true });

/** Which texts are looked at, and what becomes of what is found: for all requests, for an alias's, for a key's. Each guard is off unless named. */
export const guardrailOverrides = z
  .strictObject({
    pii: z
      .strictObject({
        ...both,
        /** Only these types; absent: all. */
        types: z.array(z.string()).min(1),
        scoreMin: z.number().min(0).max(1),
        /** `reversible`: values are put back into the reply; `redact-only` never does. */
        mode: z.enum(["reversible", "redact-only"]),
      })
      .partial(),
    secrets: z.strictObject({ ...both, scoreMin: z.number().min(0).max(1) }).partial(),
    injection: z
      .strictObject({
        input: verdictOnly,
        onFailure,
        /** From this score on, 0 to 1; absent: 0.5. */
        scoreMin: z.number().min(0).max(1),
        /** Tool results and documents are put between markers, and the model is told that they are data. */
        spotlight: z.boolean(),
        /** A model that is asked about texts between clean and attack. */
        secondOpinion: modelRef,
      })
      .partial(),
    /** A reply that gives the system prompt away: by a canary word, or by long passages of it. */
    leak: z.strictObject({ output: verdictOnly, canary: z.boolean() }).partial(),
    blockLists: z.array(blockList).max(20),
    patterns: z.array(pattern).max(50),
    topics: z.array(topic).max(20),
    /** Largest texts, in UTF-16 code units. */
    sizes: z.strictObject({ textCharsMax: z.int().min(1), totalCharsMax: z.int().min(1), textsMax: z.int().min(1) }).partial(),
    /** Whole replies must be JSON that this schema accepts. */
    outputSchema: z.strictObject({ schema: z.record(z.string(), z.unknown()), action: verdictOnly.default("block") }),
  })
  .partial();

export type GuardrailPolicy = z.output<typeof guardrailOverrides>;
export type GuardAction = (typeof GUARD_ACTIONS)[number];
