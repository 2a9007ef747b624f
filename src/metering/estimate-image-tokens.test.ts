import { describe, expect, it } from "vitest";
import { estimateImageTokens, imageSize, TOKENS_PER_UNKNOWN_IMAGE } from "./estimate-image-tokens";

const base64 = (...bytes: (number | string)[]) =>
  btoa(bytes.map((byte) => (typeof byte === "string" ? byte : String.fromCharCode(byte))).join(""));
const png = (width: number, height: number) =>
  base64(0x89, "PNG\r\n\x1a\n", 0, 0, 0, 13, "IHDR", 0, 0, width >> 8, width & 255, 0, 0, height >> 8, height & 255);

describe("imageSize", () => {
  it("reads the header of each format", () => {
    expect(imageSize(png(640, 480))).toEqual({ width: 640, height: 480 });
    expect(imageSize(base64("GIF89a", 0x80, 2, 0xe0, 1))).toEqual({ width: 640, height: 480 });
    const frame = [0xff, 0xc0, 0, 17, 8, 1, 0xe0, 2, 0x80, 3];
    expect(imageSize(base64(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, ...frame))).toEqual({ width: 640, height: 480 });
    const extended = base64("RIFF", 0, 0, 0, 0, "WEBPVP8X", 10, 0, 0, 0, 0, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0);
    expect(imageSize(extended)).toEqual({ width: 640, height: 480 });
  });

  it("tells nothing of what is cut, malformed or empty", () => {
    for (const data of [
      "",
      "A",
      "!!!!",
      png(640, 480).slice(0, 20),
      png(0, 5),
      base64(0xff, 0xd8, 0xff, 0xe0, 0, 0, 1),
      "A".repeat(200_000),
    ])
      expect(imageSize(data)).toBeUndefined();
  });
});

describe("estimateImageTokens", () => {
  it("takes the dearer rule, of the size after scaling", () => {
    expect(estimateImageTokens(png(1092, 1092))).toBe(1590);
    expect(estimateImageTokens(png(512, 512))).toBe(350);
    expect(estimateImageTokens(png(200, 200))).toBe(255);
    // 8000 x 4000 is scaled to 1568 x 784.
    expect(estimateImageTokens(png(8000, 4000))).toBe(1640);
  });

  it("has a default for an unknown size", () => {
    expect(estimateImageTokens("AAAA")).toBe(TOKENS_PER_UNKNOWN_IMAGE);
  });
});
