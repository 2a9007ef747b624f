import { Hono } from "hono";
import * as z from "zod";
import { findPii, findSecrets, resolveOverlaps, scoreInjection } from "../guardrails";
import { readBody } from "./check";
import { onlyMethods } from "./methods";

/** The longest text of one check, in UTF-16 code units; and the bytes that its body may then have. */
const TEXT_CHARS_MAX = 1024 * 1024;
const BODY_BYTES_MAX = 8 * TEXT_CHARS_MAX;

const checkSchema = z.strictObject({
  text: z.string("expected a text").max(TEXT_CHARS_MAX, `expected at most ${TEXT_CHARS_MAX} characters`),
  direction: z.enum(["input", "output"], "expected input or output").default("input"),
  /** The text is a tool's result or a document. */
  untrusted: z.boolean("expected true or false").default(false),
});

/**
 * `POST /guardrails/check {text, direction?, untrusted?}`: what the built-in guards find, whatever any policy says. An attack is to be blocked, personal
 * data and secrets are to be replaced; offsets are UTF-16 code units of the given text. The text is not kept.
 */
export function guardrailRoutes(): Hono {
  const app = new Hono();

  app.post("/check", async (c) => {
    const { text, direction, untrusted } = await readBody(c.req.raw, checkSchema, { bytesMax: BODY_BYTES_MAX });
    const values = resolveOverlaps([...findSecrets(text), ...findPii(text)]);
    const { label, score, start, end } = scoreInjection(text, { untrusted });
    const isAttack = direction === "input" && label === "attack";
    const attack = { guard: "injection", type: untrusted ? "INDIRECT" : "DIRECT", start, end, score };
    const verdict = isAttack ? "block" : values.length > 0 ? "redact" : "allow";
    return c.json({ verdict, findings: [...(isAttack ? [attack] : []), ...values] });
  });

  app.all("/check", onlyMethods("POST"));
  return app;
}
