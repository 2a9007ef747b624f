import { describe, expect, it } from "vitest";
import { findEmails } from "./email";

const seen = (text: string): string[] => findEmails(text).map(({ start, end }) => text.slice(start, end));

describe("an address within a web address", () => {
  it.each([
    ["https://a.example/u?id=1&email=jane.doe%40example.org&lang=en", "jane.doe%40example.org"],
    ["GET /reset/jane%40example.org HTTP/1.1", "jane%40example.org"],
    ["email=jane%2Bnews%40example.org", "jane%2Bnews%40example.org"],
  ])("is found where its sign is encoded: %s", (text, address) => {
    expect(seen(text)).toEqual([address]);
  });

  it.each(["growth of 5%40 and 100%40.5", "?q=%40example.org", "a=b%40localhost"])("is not seen where there is none: %s", (text) => {
    expect(seen(text)).toEqual([]);
  });
});

describe("an address within a file's name", () => {
  it.each([
    ["see jane@example.org.pdf", "jane@example.org"],
    ["from kim.minsu@example.co.kr.zip", "kim.minsu@example.co.kr"],
    ["jane@firma-beispiel.de.html.gz", "jane@firma-beispiel.de"],
  ])("is found: %s", (text, address) => {
    expect(seen(text)).toEqual([address]);
  });

  it.each([
    "icon@2x.png",
    "icon@2x.io.png",
    "logo@3x.min.js",
    "react@18.2.0.js",
    "react@latest.d.ts",
    "strings@app.en.json",
    "shot@home.test.ts.html",
    "a@b.pdf",
    "pkg@next.py.zip",
  ])("is not seen where there is none: %s", (text) => {
    expect(seen(text)).toEqual([]);
  });
});
