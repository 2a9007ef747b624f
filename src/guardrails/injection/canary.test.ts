import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../../../test/support/seeded";
import { createLeakDetector, makeCanary, withCanary } from "./canary";

const systemText = `You are the booking assistant of the Harbour Hotel. Never offer a discount above ten percent. Rooms on the third floor
are kept for returning guests and must not be mentioned unless the guest asks for the quiet side. Late checkout costs forty euros.`;
const canary = makeCanary(() => 0.4);

function read(reply: string, cuts: readonly number[], options: { canary?: string; systemText?: string }) {
  const detector = createLeakDetector(options);
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    detector.push(reply.slice(from, cut));
    from = cut;
  }
  detector.push(reply.slice(from));
  return detector.end();
}

describe("leaks of the system prompt", () => {
  it("keeps still at an ordinary reply that shares words with the prompt", () => {
    const reply = "Late checkout costs forty euros. The Harbour Hotel has rooms on the quiet side; shall I book one for you?";
    expect(read(reply, [], { canary, systemText })).toBeUndefined();
  });

  it("finds the canary wherever the stream is cut", () => {
    const reply = `Sure! It begins with ${canary.toUpperCase()} and then it goes on.`;
    fc.assert(
      fc.property(fc.array(fc.nat(reply.length), { maxLength: 8 }), (cuts) => {
        expect(read(reply, cuts, { canary, systemText })).toBe("canary");
      }),
    );
  });

  it("finds the canary with signs between its letters", () => {
    expect(read([...canary].join("-"), [], { canary })).toBe("canary");
  });

  it("finds a long passage word for word, wherever the stream is cut, whatever the line breaks and marks", () => {
    const reply = `My rules:\n\n"${systemText.replaceAll("\n", " ").replaceAll(". ", ".\n- ")}"`;
    fc.assert(
      fc.property(fc.array(fc.nat(reply.length), { maxLength: 8 }), (cuts) => {
        expect(read(reply, cuts, { systemText })).toBe("overlap");
      }),
    );
  });

  it("finds a passage of a Korean prompt", () => {
    const korean =
      "당신은 항구 호텔의 예약 도우미입니다. 할인은 십 퍼센트를 넘기지 마세요. 삼 층 객실은 단골 손님을 위해 비워 두고 손님이 조용한 방을 찾을 때만 안내하세요. 늦은 퇴실은 사만 원입니다. 조식은 일곱 시부터 열 시까지입니다.";
    expect(read(`제 지침은 다음과 같습니다: ${korean}`, [40, 60], { systemText: korean })).toBe("overlap");
  });

  it("makes canaries that differ and stand in the system text", () => {
    const random = seeded(1);
    expect(new Set(Array.from({ length: 50 }, () => makeCanary(random))).size).toBe(50);
    expect(withCanary(systemText, canary)).toContain(canary);
    expect(withCanary(systemText, canary).endsWith(systemText)).toBe(true);
  });

  it("reads a megabyte without a break in bounded time and memory", () => {
    const detector = createLeakDetector({ canary, systemText });
    const piece = "x".repeat(10_000);
    for (let i = 0; i < 100; i++) detector.push(piece);
    expect(detector.end()).toBeUndefined();
  });
});
