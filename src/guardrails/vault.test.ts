import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "./finding";
import { Vault } from "./vault";

const at = (start: number, end: number, type = "EMAIL"): Finding => ({ guard: "pii", type, start, end, score: 1 });

describe("a placeholder", () => {
  it("is never one that the caller wrote, in any casing or escape", () => {
    const vault = new Vault();
    vault.reserve("see [EMAIL_1], \\[email\\_2\\] and [Email_3]");
    expect(vault.placeholderFor("EMAIL", "kim@example.com")).toBe("[EMAIL_4]");
  });

  it("that was given out before the caller's own came is put away, and comes back as written", () => {
    const vault = new Vault();
    const first = vault.redact("kim@example.com", [at(0, 15)]);
    const second = vault.redact("what does [email_1] mean?", []);
    expect(first).toBe("[EMAIL_1]");
    expect(second).toBe("what does [TEXT_1] mean?");
    expect(vault.restore(`${first} ${second}`)).toBe("kim@example.com what does [email_1] mean?");
  });

  it("is the same for the same value, and another for another value or type", () => {
    const vault = new Vault();
    const text = "a@b.co a@b.co c@d.co";
    expect(vault.redact(text, [at(0, 6), at(7, 13), at(14, 20)])).toBe("[EMAIL_1] [EMAIL_1] [EMAIL_2]");
    expect(vault.placeholderFor("PERSON", "a@b.co")).toBe("[PERSON_1]");
    expect(vault.placeholderFor("odd-type é", "x")).toBe("[ODD_TYPE_1]");
  });

  it("survives a JSON encoder", () => {
    const json = JSON.stringify(new Vault().placeholderFor("KR_RRN", "900101-1234567"));
    expect(json).toBe('"[KR_RRN_1]"');
  });
});

describe("restoring", () => {
  it("does nothing in redact-only mode, which keeps no value", () => {
    const vault = new Vault({ mode: "redact-only" });
    const redacted = vault.redact("kim@example.com", [at(0, 15)]);
    expect(vault.restore(redacted)).toBe("[EMAIL_1]");
    expect(vault.valueOf("EMAIL_1")).toBeUndefined();
  });

  it("is tolerant of case and of Markdown's escapes, and leaves what is not ours", () => {
    const vault = new Vault();
    vault.placeholderFor("EMAIL", "kim@example.com");
    expect(vault.restore("[email_1] \\[EMAIL\\_1\\] [Email\\_1] [EMAIL_2] [EMAIL] [1] EMAIL_1")).toBe(
      "kim@example.com kim@example.com kim@example.com [EMAIL_2] [EMAIL] [1] EMAIL_1",
    );
  });

  it("undoes any redaction exactly", () => {
    const pieces = fc.constantFrom(
      "[",
      "]",
      "\\",
      "_",
      "EMAIL",
      "1",
      "[EMAIL_1]",
      "\\[EMAIL\\_1\\]",
      "[text_1]",
      "kim",
      " ",
      '"',
      "\n",
      "한",
    );
    fc.assert(
      fc.property(fc.array(fc.array(pieces, { maxLength: 30 }), { maxLength: 4 }), fc.boolean(), (texts, reserves) => {
        const vault = new Vault();
        const joined = texts.map((text) => text.join(""));
        if (reserves) for (const text of joined) vault.reserve(text);
        const redacted = joined.map((text) =>
          vault.redact(
            text,
            [...text.matchAll(/kim/g)].map(({ index }) => at(index, index + 3)),
          ),
        );
        expect(redacted.map((text) => vault.restore(text))).toEqual(joined);
        expect(redacted.join("")).not.toContain("kim");
      }),
      { numRuns: 2_000 },
    );
  });
});
