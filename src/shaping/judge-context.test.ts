import { describe, expect, it } from "vitest";
import { inputRoom, judgeContext } from "./judge-context";

describe("a model's context window", () => {
  it("PITFALLS A 10: tells a prompt that cannot fit from one that is near the edge, before anybody is asked", () => {
    const judged = [100_000, 170_000, 185_000, 215_000, 230_000].map((input) => judgeContext(input, 10_000, 200_000));
    expect(judged).toEqual(["fits", "fits", "near", "near", "over"]);
  });

  it("has no edge where it is not known", () => {
    expect([judgeContext(10_000_000, 10_000, undefined), inputRoom(undefined, 5)]).toEqual(["fits", Number.POSITIVE_INFINITY]);
    expect(inputRoom(1000, 5000)).toBe(0);
  });
});
