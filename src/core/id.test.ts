import * as fc from "fast-check";
import { expect, test } from "vitest";
import { newRequestId, randomChars, requestIdFloor } from "./id";
import { systemRandom } from "./random";

const times = fc.integer({ min: 0, max: 2 ** 48 - 2 });

test("a request id has 26 characters of Crockford's base 32", () => {
  expect(newRequestId(1_795_000_000_000, systemRandom)).toMatch(/^req_[0-9a-hjkmnp-tv-z]{26}$/);
  expect(newRequestId(0, () => new Uint8Array(16))).toBe(`req_${"0".repeat(26)}`);
  expect(newRequestId(2 ** 48 - 1, () => new Uint8Array(16).fill(255))).toBe(`req_7${"z".repeat(25)}`);
});

test("the floor of a time lies between the ids made before it and those made since", async () => {
  await fc.assert(
    fc.property(times, times, (atMs, otherMs) => {
      expect(newRequestId(atMs, systemRandom) >= requestIdFloor(otherMs)).toBe(atMs >= otherMs);
    }),
  );
});

test("a floor of a time before 1970 or far away is no nonsense", () => {
  expect(requestIdFloor(-1)).toBe("req_0000000000");
  expect(requestIdFloor(Number.MAX_SAFE_INTEGER)).toBe("req_7zzzzzzzzz");
});

test("random characters use all of a byte's low five bits", () => {
  expect(randomChars(32, () => Uint8Array.from({ length: 32 }, (_, at) => at))).toBe("0123456789abcdefghjkmnpqrstvwxyz");
});
