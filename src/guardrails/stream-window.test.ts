import { describe, expect, it } from "vitest";
import { chunks, piiSample, prose } from "../../test/support/pii-samples";
import { seeded } from "../../test/support/seeded";
import { type Finding, resolveOverlaps } from "./finding";
import { mayHoldValues } from "./may-hold";
import { findPii } from "./pii";
import { findSecrets } from "./secrets";
import { HELD_CHARS_MAX, RedactStream } from "./stream-window";
import { Vault } from "./vault";

const find = (text: string): Finding[] => resolveOverlaps([...findPii(text), ...findSecrets(text)]);

function redacted(pieces: readonly string[], action: "redact" | "block" = "redact") {
  const vault = new Vault();
  const stream = new RedactStream({ find, mayHold: mayHoldValues, action, replace: (type, value) => vault.placeholderFor(type, value) });
  const released = [...pieces.map((piece) => stream.push(piece)), stream.end()];
  return { vault, released, text: released.map(({ text }) => text).join(""), findings: released.flatMap(({ findings }) => findings) };
}

const KEY_BODY = Array.from({ length: 20 }, (_, at) => `${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw".slice(at % 7)}${at}Qx7`).join("\n");
const PRIVATE_KEY = ["-----BEGIN", "RSA PRIVATE", `KEY-----\n${KEY_BODY}\n-----END`, "RSA PRIVATE", "KEY-----"].join(" ");

describe("a value cut by the stream", () => {
  it.each([
    ["EMAIL", "kim.minsu@example.co.kr"],
    ["CREDIT_CARD", "4012 8888 8888 1881"],
    ["IBAN", "GB29 NWBK 6016 1331 9268 19"],
    ["PHONE", "+82 10-2345-6789"],
    ["PHONE", "(415) 555-0132"],
    ["KR_RRN", "900101 - 1234567"],
    ["MAC_ADDRESS", "00:1a:2b:3c:4d:5e"],
    ["IP_ADDRESS", "2001:db8:85a3::8a2e:192.168.0.1"],
    ["GITHUB_TOKEN", `ghp_${"a1B2c3D4e5F6".repeat(3)}`],
    ["PRIVATE_KEY", PRIVATE_KEY],
  ])("%s never leaves in parts", (type, value) => {
    const text = `Sure, here you are: ${value} is what we have on file.`;
    for (const size of [1, 2, 3, 5, 8, 13, 1000]) {
      const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
      const result = redacted(pieces);
      expect(result.text).toBe(`Sure, here you are: [${type}_1] is what we have on file.`);
      const [finding] = result.findings;
      expect(text.slice(finding?.start, finding?.end)).toBe(value);
    }
  });

  it("lets nothing of it out when it blocks", () => {
    const { text, released } = redacted([..."The card is 4012 8888 8888 1881, and more"], "block");
    expect(text).toBe("The card is ");
    expect(released.at(-1)?.blocked).toBe(true);
  });

  it("is dropped to its end when it is longer than can be held", () => {
    const value = PRIVATE_KEY.replace(KEY_BODY, Array.from({ length: 15 }, () => KEY_BODY).join("\n"));
    expect(value.length).toBeGreaterThan(HELD_CHARS_MAX);
    const { text } = redacted(chunks(seeded(7), `key: ${value}\nThat was it.`, 40));
    expect(text).not.toContain("MIIEvQ");
    expect(text).toContain("That was it.");
  });
});

describe("prose", () => {
  it("is at most one event late, word by word", () => {
    const stream = new RedactStream({ find, mayHold: mayHoldValues, action: "redact", replace: (type) => `[${type}]` });
    const words = "In 2024 we sold 1,200 units of the GPT 4 model to 12 people and they were happy about it.".split(/(?= )/);
    let given = "";
    let gone = "";
    for (const word of words) {
      const before = given;
      given += word;
      gone += stream.push(word).text;
      expect(gone.length).toBeGreaterThanOrEqual(before.trimEnd().lastIndexOf(" ") + 1);
    }
    expect(gone + stream.end().text).toBe(given);
  });

  it("without spaces is let go at the bound", () => {
    const blob = "QUJDREVGRw".repeat(5_000);
    const text = `<img src="${blob}">`;
    const stream = new RedactStream({ find, mayHold: mayHoldValues, action: "redact", replace: (type) => `[${type}]` });
    let [given, gone] = [0, ""];
    for (const piece of chunks(seeded(3), text, 50)) {
      given += piece.length;
      gone += stream.push(piece).text;
      expect(given - gone.length).toBeLessThanOrEqual(HELD_CHARS_MAX);
    }
    expect(gone + stream.end().text).toBe(text);
  });
});

it("10,000 values of personal data in streams cut at random: none leaves, all other text does", () => {
  const random = seeded(7);
  for (let values = 0; values < 10_000; values += 20) {
    const samples = Array.from({ length: 20 }, () => piiSample(random));
    const text = samples.map(({ value }) => `${prose(random, 5)} (${value}) `).join("");
    const { vault, text: out } = redacted(chunks(random, text, 12));
    for (const { value } of samples) expect(out).not.toContain(value);
    expect(vault.restore(out)).toBe(text);
    expect(out.split("(").length).toBe(text.split("(").length - samples.filter(({ value }) => value.startsWith("(")).length);
  }
}, 60_000);
