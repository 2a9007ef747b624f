import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedLexical } from "./embed-lexical";
import { verifyPair } from "./verify-pair";

/** Every reason that a verdict may give; none is made from the questions. */
const REASONS = new Set(
  `same|language differs|payload differs|code differs|quoted text differs|numbers differ|negation differs|opposite words|comparison differs|question type differs|modality differs
roles differ|connectives differ|names differ|persons differ|tense differs|relation differs|content differs|wording differs|similarity too low|too long to compare`.split(
    /[|\n]/,
  ),
);

describe("a pair that one answer does not fit", () => {
  it.each([
    ["number", "What is 15 plus 27?", "What is 15 plus 28?", "numbers differ"],
    ["number in words", "Can two people share a ticket?", "Can three people share a ticket?", "numbers differ"],
    ["version", "What's new in version 3.1?", "What's new in version 3.10?", "numbers differ"],
    ["unit", "How much is 5 kg of rice?", "How much is 5 g of rice?", "content differs"],
    ["name", "Is Kevin Adams an engineer?", "Is Nicole Adams an engineer?", "names differ"],
    ["negation", "Is it wrong to vote in Jordan?", "Is it wrong not to vote in Jordan?", "negation differs"],
    ["opposite", "How can I become more patient?", "How can I become less patient?", "opposite words"],
    ["before and after", "What should I eat before a run?", "What should I eat after a run?", "opposite words"],
    ["asymmetric relation", "Is David faithful to Tiffany?", "Is Tiffany faithful to David?", "roles differ"],
    ["voice", "Did Laura hit Kevin?", "Was Laura hit by Kevin?", "roles differ"],
    [
      "pronouns",
      "If Julia and Jose were alone, would he reject her?",
      "If Julia and Jose were alone, would she reject him?",
      "roles differ",
    ],
    ["direction", "How do I move from New York to Boston?", "How do I move from Boston to New York?", "roles differ"],
    ["tense", "Is John Young an organizer?", "Did John Young use to be an organizer?", "tense differs"],
    ["modifier", "Is Jacob Cox a journalist?", "Is Jacob Cox an experienced journalist?", "content differs"],
    ["and, or", "Is Tom an actor and a singer?", "Is Tom an actor or a singer?", "connectives differ"],
    ["question word", "Who invented the telephone?", "When was the telephone invented?", "question type differs"],
    ["person", "What is my name?", "What is your name?", "persons differ"],
    ["payload", "Translate to German: I am tired", "Translate to German: I was tired", "payload differs"],
    ["quote", 'How do I say "hello" in Korean?', 'How do I say "goodbye" in Korean?', "quoted text differs"],
    ["code", "What does `foo.bar` return here?", "What does `foo.baz` return here?", "code differs"],
    ["language", "How do I bake bread?", "빵은 어떻게 굽나요?", "language differs"],
    ["Korean number", "두 사람이 커피를 마신다", "세 사람이 커피를 마신다", "numbers differ"],
    ["Korean negation", "지금 갈 수 있어?", "지금 갈 수 없어?", "negation differs"],
    ["Korean entity", "오늘 날씨 어때?", "내일 날씨 어때?", "opposite words"],
    ["Korean roles", "철수가 영희를 좋아해?", "영희가 철수를 좋아해?", "roles differ"],
    ["Korean direction", "서울에서 부산으로 가는 기차", "부산에서 서울로 가는 기차", "roles differ"],
    ["Korean question", "왜 회사에 가?", "언제 회사에 가?", "question type differs"],
  ])("misses: %s", (_kind, a, b, reason) => {
    expect(verifyPair(a, b, "balanced")).toMatchObject({ same: false, reason });
    expect(verifyPair(b, a, "balanced")).toMatchObject({ same: false, reason });
    expect(verifyPair(a, b, "strict").same).toBe(false);
  });

  it("misses when any digit of a number changes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 1e9 }), (x, y) => {
        fc.pre(x !== y);
        for (const text of ["How do I convert # dollars to euros?", "회의실 #개를 예약하려면 어떻게 하나요?"])
          expect(verifyPair(text.replace("#", String(x)), text.replace("#", String(y)), "lenient").same).toBe(false);
      }),
    );
  });

  it("misses when a word of weight is exchanged for an unrelated one", () => {
    const nouns = ["garden", "violin", "insurance", "pyramid", "mortgage", "dolphin", "keyboard", "volcano", "passport", "cathedral"];
    fc.assert(
      fc.property(fc.constantFrom(...nouns), fc.constantFrom(...nouns), (x, y) => {
        fc.pre(x !== y);
        expect(
          verifyPair(
            `What is the easiest way to sell my ${x} before winter?`,
            `What is the easiest way to sell my ${y} before winter?`,
            "balanced",
          ).same,
        ).toBe(false);
      }),
    );
  });

  it("compares texts beyond its limit for equality only, and bounds its work", () => {
    const long = "How do I sort a list in Python? ".repeat(200);
    expect(verifyPair(long, `${long} `, "balanced")).toEqual({ similarity: 0, same: false, reason: "too long to compare" });
    expect(verifyPair(long, long, "strict").same).toBe(true);
  });
});

describe("a pair that one answer fits", () => {
  it.each([
    ["How do I reset my password?", "What is the way to reset my password?"],
    ["how do i reset my password", "Hi, please tell me: How do I reset my password?? Thanks!"],
    ["Did Ashley seize the castle?", "Was the castle seized by Ashley?"],
    ["Is Jordan dating Madison?", "Is Madison dating Jordan?"],
    ["Is Amy an intern and an academic?", "Is Amy an academic and an intern?"],
    ["Who do fans think is the best boxer in the world?", "Who is the best boxer in the world according to fans?"],
    ["Is that owl standing on the table?", "Is that owl actually standing on the table?"],
    ["How will demonetization affect India?", "How will demonetization affectI ndia?"],
    ["How do I fix a flat tire?", "How can I repair a flat tyre?"],
    ["Can I learn piano in three months?", "Is it possible to learn piano in 3 months?"],
    ["How can I become more optimistic?", "How can I become less pessimistic?"],
    ["What's the population of Seoul?", "What is Seoul's population?"],
    ["비밀번호를 어떻게 변경하나요?", "비밀번호 변경 방법 알려주세요"],
    ["아침마다 왜 이러는지", "아침마다왜이러는지"],
    ["호스트가 친절합니다", "호스트님이 너무 친절해요"],
  ])("hits: %s", (a, b) => {
    expect(verifyPair(a, b, "balanced")).toMatchObject({ same: true, reason: "same" });
    expect(verifyPair(b, a, "balanced")).toMatchObject({ same: true, reason: "same" });
  });

  it("takes composed and decomposed Unicode for the same text", () => {
    expect(verifyPair("카페 예약".normalize("NFD"), "카페 예약", "strict")).toEqual({ similarity: 1, same: true, reason: "same" });
  });

  it("leaves synonyms and typing errors inside a word to balanced", () => {
    expect(verifyPair("How do I fix a flat tire?", "How can I repair a flat tyre?", "strict").same).toBe(false);
  });
});

describe("a verdict", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          "how",
          "do",
          "not",
          "never",
          "5",
          "two",
          "by",
          "was",
          "taken",
          "and",
          "or",
          "than",
          "who",
          '"',
          "`",
          "서울에서",
          "두",
          "개",
          "안",
          "했어요",
          "?",
          ",",
          "Paris",
        ),
        { maxLength: 30 },
      )
      .map((words) => words.join(" ")),
  );

  it("is total and bounded, and its reason says nothing of the texts", () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom("balanced" as const, "strict" as const, "lenient" as const), (a, b, setting) => {
        const verdict = verifyPair(a, b, setting);
        expect(REASONS).toContain(verdict.reason);
        expect(verdict.same).toBe(verdict.reason === "same");
        expect(Math.abs(verdict.similarity)).toBeLessThanOrEqual(1.000_001);
      }),
    );
  });

  it("is the same for a text and itself in any setting", () => {
    fc.assert(fc.property(text, (a) => verifyPair(a, a, "strict").same));
  });

  it("never hits at strict what misses at balanced", () => {
    fc.assert(fc.property(text, text, (a, b) => !verifyPair(a, b, "strict").same || verifyPair(a, b, "balanced").same));
  });
});

describe("the lexical embedding", () => {
  const cosine = (a: string, b: string) => {
    const [x, y] = [embedLexical(a), embedLexical(b)];
    return x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  };

  it("is normalised and deterministic, and zero for a text without letters", () => {
    expect(cosine("How do I bake bread?", "How do I bake bread?")).toBeCloseTo(1, 5);
    expect(embedLexical("How do I bake bread?")).toEqual(embedLexical("How do I bake bread?"));
    expect(embedLexical(" ?! ").every((value) => value === 0)).toBe(true);
  });

  it("puts a paraphrase nearer than another question, in English and Korean", () => {
    expect(cosine("How do I change my password?", "How can I change the password?")).toBeGreaterThan(
      cosine("How do I change my password?", "Where is the Nile?") + 0.4,
    );
    expect(cosine("비밀번호를 변경하고 싶어요", "비밀번호 변경하고 싶습니다")).toBeGreaterThan(
      cosine("비밀번호를 변경하고 싶어요", "서울 날씨 알려줘") + 0.4,
    );
  });
});
