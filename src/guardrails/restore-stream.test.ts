import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunks, piiSample, prose } from "../../test/support/pii-samples";
import { seeded } from "../../test/support/seeded";
import { findPii } from "./pii";
import { RestoreStream } from "./restore-stream";
import { Vault } from "./vault";

function restored(vault: Vault, pieces: readonly string[], mode: "text" | "json" = "text"): string {
  const stream = new RestoreStream(vault, mode);
  return pieces.map((piece) => stream.push(piece)).join("") + stream.end();
}

describe("a placeholder cut by the stream", () => {
  it("is restored wherever the cut falls", () => {
    const vault = new Vault();
    const text = `write to ${vault.placeholderFor("EMAIL", "kim@example.com")} and \\[EMAIL\\_1\\], now`;
    for (let at = 0; at <= text.length; at++)
      expect(restored(vault, [text.slice(0, at), text.slice(at)])).toBe("write to kim@example.com and kim@example.com, now");
    expect(restored(vault, [...text])).toBe("write to kim@example.com and kim@example.com, now");
  });

  it("leaves as it is when the stream ends inside it", () => {
    const vault = new Vault();
    vault.placeholderFor("EMAIL", "kim@example.com");
    expect(restored(vault, ["so [EMA", "IL_1"])).toBe("so [EMAIL_1");
  });

  it("holds nothing that cannot become one of ours", () => {
    const vault = new Vault();
    vault.placeholderFor("EMAIL", "kim@example.com");
    const stream = new RestoreStream(vault);
    expect(stream.push("a list [PHO")).toBe("a list [PHO");
    expect(stream.push(" x [[[ [EMAIL_2")).toBe(" x [[[ [EMAIL_2");
    expect(stream.push(" and [1]")).toBe(" and [1]");
    expect(stream.push(" but [EMAIL_")).toBe(" but ");
    expect(stream.push("1] yes")).toBe("kim@example.com yes");
  });

  it("holds nothing at all when the vault is empty or forgets", () => {
    expect(new RestoreStream(new Vault()).push("a [EMAIL_1\\")).toBe("a [EMAIL_1\\");
    const forgetful = new Vault({ mode: "redact-only" });
    forgetful.placeholderFor("EMAIL", "kim@example.com");
    expect(new RestoreStream(forgetful).push("a [EMAIL_1] [EMA")).toBe("a [EMAIL_1] [EMA");
  });
});

describe("tool arguments", () => {
  it("stay JSON whatever the value holds", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1 }),
        fc.string(),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        (value, other, sizes) => {
          const vault = new Vault();
          vault.reserve(other);
          const json = JSON.stringify({ to: vault.placeholderFor("PERSON", value), other });
          const pieces: string[] = [];
          for (let at = 0; at < json.length; ) {
            const size = sizes.next().value as number;
            pieces.push(json.slice(at, at + size));
            at += size;
          }
          expect(JSON.parse(restored(vault, pieces, "json"))).toEqual({ to: value, other });
          expect(JSON.parse(vault.restoreJson(json))).toEqual({ to: value, other });
        },
      ),
    );
  });

  it("keep a backslash that stood before a placeholder", () => {
    const vault = new Vault();
    const json = JSON.stringify({ path: `C:\\${vault.placeholderFor("PERSON", "kim")}` });
    expect(JSON.parse(restored(vault, [...json], "json"))).toEqual({ path: "C:\\kim" });
  });
});

it("10,000 values of personal data come back exactly, from streams cut at random", () => {
  const random = seeded(41);
  let values = 0;
  while (values < 10_000) {
    const samples = Array.from({ length: 20 }, () => piiSample(random));
    const text = samples.map(({ value }) => `${prose(random, 5)} (${value}) `).join("");
    const vault = new Vault();
    vault.reserve(text);
    const redacted = vault.redact(text, findPii(text));
    for (const { value } of samples) expect(redacted).not.toContain(value);
    expect(restored(vault, chunks(random, redacted, 12))).toBe(text);
    values += samples.length;
  }
});
