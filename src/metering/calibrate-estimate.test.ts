import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrate, reserveFactor, UNCALIBRATED } from "./calibrate-estimate";

describe("calibrate", () => {
  it("settles where most calls are covered", () => {
    let state = UNCALIBRATED;
    // Nine in ten calls as estimated, one half as much again: the 95th percentile is the larger.
    for (let call = 0; call < 2000; call++) state = calibrate(state, 100, call % 10 === 0 ? 150 : 100);
    expect(reserveFactor(state)).toBeGreaterThan(1.4);
    expect(reserveFactor(state)).toBeLessThan(1.6);
  });

  it("never reserves less than the estimate, however high the estimates were", () => {
    let state = UNCALIBRATED;
    for (let call = 0; call < 500; call++) state = calibrate(state, 100, 20);
    expect(reserveFactor(state)).toBe(1);
  });

  it("ignores counts that say nothing, and stays bounded and plain JSON for all others", () => {
    for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(calibrate(UNCALIBRATED, wrong, 5)).toBe(UNCALIBRATED);
      expect(calibrate(UNCALIBRATED, 5, wrong)).toBe(UNCALIBRATED);
    }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.double())), (calls) => {
        const state = calls.reduce((before, [estimated, actual]) => calibrate(before, estimated, actual), UNCALIBRATED);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        expect(reserveFactor(state)).toBeGreaterThanOrEqual(1);
        expect(reserveFactor(state)).toBeLessThanOrEqual(4);
      }),
    );
    expect(reserveFactor({ logRatio: Number.NaN, calls: 1 })).toBe(1);
  });
});
