import { describe, expect, it } from "vitest";
import { chunks, piiSample, prose } from "../../test/support/pii-samples";
import { seeded } from "../../test/support/seeded";
import { type Finding, resolveOverlaps } from "./finding";
import { Decisions, type Guard } from "./guard";
import { mayHoldValues } from "./may-hold";
import { findPii } from "./pii";
import { TextGuard } from "./reply-guard";
import { findSecrets } from "./secrets";
import { RedactStream } from "./stream-window";
import { Vault } from "./vault";

const find = (text: string): Finding[] => resolveOverlaps([...findPii(text), ...findSecrets(text)]);

describe("a text whose end is a part of a value", () => {
  it.each([
    ["my name is Maximilianaalexandra ", "Wilhelmina Friederike"],
    ["고객 성함은 ", "홍길동"],
    ["ship to 12 Long ", "Oak Street"],
    ["mac address: ", "ab cd ef ab cd ef"],
    ["mac address: ", "abcdefabcdef"],
    ["", "abcd.efab.cdef"],
    ["mail x@漢", "字.com"],
    ["", "ｋｉｍ＠ｅｘａｍｐｌｅ.com"],
    ["", "xoxa-kqwzmrtb"],
    ["", "whsec_abcdefg/hijklmn/opqrstu/vwxyzab/cdefghij"],
    ["Server=db; Password = ", "correcthorse"],
    ["kind: Secret\ndata:\n  pass: ", "YWJjZGVmZ2hp\n"],
    ['ClearTextPassword" value="some ', 'words"'],
    ["-----BEGIN PRIVATE KEY-----\n", "is the first line of a file of which more will come"],
    ["jdbc:oracle:thin:", "scott/marigolds@db"],
    ["password: ", '"ab(cd)ef!"'],
  ])("%s%s is worth asking about", (context, held) => {
    const found = find(context + held);
    expect(found.some(({ end }) => end > context.length)).toBe(true);
    expect(mayHoldValues(context, held)).toBe(true);
  });
});

it("prose is not", () => {
  expect(
    mayHoldValues("It was the best of times, it was the worst of times, it was the age of wisdom", ", it was the age of foolishness"),
  ).toBe(false);
  expect(mayHoldValues("모든 국민은 법 앞에 평등하다. ", "누구든지 차별을 받지 아니한다.")).toBe(false);
});

it("streams cut at random let the same go, whether the look comes first or not", () => {
  const random = seeded(5);
  for (let round = 0; round < 150; round++) {
    const text = Array.from({ length: 6 }, () => `${prose(random, 6)} ${piiSample(random).value} `).join("");
    const [looking, asking] = [{ mayHold: mayHoldValues }, {}].map(
      (options) => new RedactStream({ find, ...options, action: "redact", replace: (type) => `[${type}]` }),
    );
    for (const piece of chunks(random, text, 9)) expect(looking?.push(piece)).toEqual(asking?.push(piece));
    expect(looking?.end()).toEqual(asking?.end());
  }
});

it("a reply's guards are asked about values and not about prose", () => {
  const asked: string[] = [];
  const guard: Guard = {
    ...{ name: "pii", input: "off", output: "redact", onFailure: "closed", mayHold: mayHoldValues },
    find(text) {
      asked.push(text);
      return findPii(text);
    },
  };
  const reply = new TextGuard({ guards: [guard], vault: new Vault(), decisions: new Decisions() }, "text");
  const pieces = "The quick brown fox jumps over the lazy dog, and writes to fox@example.com about it".split(/(?<= )/);
  const out = pieces.map((piece) => reply.push(piece)).join("") + reply.end();
  expect(out).toBe("The quick brown fox jumps over the lazy dog, and writes to [EMAIL] about it");
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThan(pieces.length / 4);
});
