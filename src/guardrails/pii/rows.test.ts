import { describe, expect, it } from "vitest";
import { findPii } from ".";

const seen = (text: string): string[] => findPii(text).map(({ type, start, end }) => `${type}:${text.slice(start, end)}`);

const RRN = "900101-1234567";
const [MOBILE, OFFICE, ABROAD] = ["010-1234-5678", "02-333-4444", "+1 415 555 0100"];

describe("values that stand close together", () => {
  it.each([
    ["by slashes", `홍길동/${RRN}/${MOBILE}/서울`, `KR_RRN:${RRN}`, `PHONE:${MOBILE}`],
    ["by a slash, phones", `${MOBILE}/${OFFICE}`, `PHONE:${MOBILE}`, `PHONE:${OFFICE}`],
    ["by a slash, from abroad", `${ABROAD}/${ABROAD}`, `PHONE:${ABROAD}`, `PHONE:${ABROAD}`],
    ["by a slash, a licence", `11-03-002275-72/${MOBILE}`, "KR_DRIVER_LICENSE:11-03-002275-72", `PHONE:${MOBILE}`],
    ["by a slash, a business", `104-86-56659/${OFFICE}/대표`, "KR_BRN:104-86-56659", `PHONE:${OFFICE}`],
    ["by a slash, a card", `4012-8888-8888-1881/${MOBILE}`, "CREDIT_CARD:4012-8888-8888-1881", `PHONE:${MOBILE}`],
    ["by a slash, a card and its month", "4012888888881881/12/27/123", "CREDIT_CARD:4012888888881881"],
    ["by a slash, mailboxes", "kim@a.example/lee@b.example", "EMAIL:kim@a.example", "EMAIL:lee@b.example"],
    [
      "by commas, in a line of a table",
      `1001,${MOBILE},${RRN}\n1002,212-555-0100,01012345678\n1003,212.555.0101`,
      `PHONE:${MOBILE}`,
      `KR_RRN:${RRN}`,
      "PHONE:212-555-0100",
      "PHONE:01012345678",
      "PHONE:212.555.0101",
    ],
    [
      "by commas, phones",
      `${MOBILE},${MOBILE},415-555-0111,415-555-0112`,
      `PHONE:${MOBILE}`,
      `PHONE:${MOBILE}`,
      "PHONE:415-555-0111",
      "PHONE:415-555-0112",
    ],
    ["by a slash, before a number", `박봄/${MOBILE}/1팀`, `PHONE:${MOBILE}`],
    ["by commas, between a date and a number", "2026-02-01,+442071838203,312", "PHONE:+442071838203"],
    ["by the number of a list", `1.${MOBILE} 2:${MOBILE}`, `PHONE:${MOBILE}`, `PHONE:${MOBILE}`],
    ["by a space, behind another number", "Suite 200 415-555-0111", "PHONE:415-555-0111"],
    ["by a hyphen, the ends of a range", "10.1.2.3-10.1.2.9", "IP_ADDRESS:10.1.2.3", "IP_ADDRESS:10.1.2.9"],
  ])("are each found: parted %s", (_, text, ...expected) => {
    expect(seen(text)).toEqual(expected);
  });

  it.each([
    ["amounts", "1,234,567.00 and 12,345,678 and 1,5 2,5 3,5"],
    ["the points of a drawing", "1040,277.764 1035,267.764 1040,270.264"],
    ["fractions", "3,0123456789 and 3.010123456789"],
    ["a digital object's identifier", "https://doi.org/10.1016/0020-0190(76)90049-1"],
    ["a path of bare digits", "/blob/4012888888881881/2024"],
  ])("are not seen in %s", (_, text) => {
    expect(seen(text)).toEqual([]);
  });
});
