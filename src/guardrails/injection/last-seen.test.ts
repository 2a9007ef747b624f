import { describe, expect, it } from "vitest";
import { LastSeen } from "./last-seen";

describe("LastSeen", () => {
  it("tells a feature again only when 240 units have passed", () => {
    const seen = new LastSeen();
    seen.begin(1_000);
    expect([0, 100, 239, 240, 300, 480].map((place) => seen.isRepeated(7, place))).toEqual([false, true, true, false, true, false]);
    expect(seen.isRepeated(8, 480)).toBe(false);
  });

  it("knows nothing of an earlier text, nor after so many that places begin anew", () => {
    const seen = new LastSeen();
    for (const length of [1, 5, 2 ** 30, 2 ** 30, 2 ** 30, 3]) {
      seen.begin(length);
      expect(seen.isRepeated(7, 0)).toBe(false);
      expect(seen.isRepeated(9, length - 1)).toBe(false);
    }
  });
});
