import { describe, expect, it } from "vitest";
import { findIpAddresses } from "./ip-address";

const seen = (text: string): string[] => findIpAddresses(text).map(({ start, end }) => text.slice(start, end));

describe("four small numbers", () => {
  it.each([
    ["a release", "openssl 3.0.2.1, Upgrade from 1.2.3.4 to 1.2.3.5, DB2 11.5.4.0"],
    ["a release in other languages", "バージョン 1.0.3.2, 版本 10.2.3.4, versión 10.0.3.1"],
    ["a release before its mark", "10.4.11.2-SNAPSHOT and 11.5.9.0.sb00039210"],
    ["a browser's release", "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36"],
    ["a paragraph", "// 5.2.1.1 and see 4.3.2.1, 10.1.2.1절 참고, 제1조 2.3.4.5항"],
  ])("are %s", (_, text) => {
    expect(seen(text)).toEqual([]);
  });

  it.each([
    ["by the words before", "the server 1.2.3.4", "1.2.3.4"],
    ["by the words after", "1.2.3.4 is its address", "1.2.3.4"],
    ["in a path", "GET /whois/93.184.216.34 and https://93.184.216.34/", "93.184.216.34", "93.184.216.34"],
    ["by being large", "we updated 10.20.30.40 and 192.168.1.5", "10.20.30.40", "192.168.1.5"],
    ["by a port", "open 1.2.3.4:8080", "1.2.3.4"],
    ["alone", " 1.2.3.4\n", "1.2.3.4"],
    ["behind dots", "seen ..10.20.30.40 and .10.20.30.41... then 9.10.20.30.42", "10.20.30.40", "10.20.30.41"],
    ["of those that everyone knows", "try 1.1.1.1 and 8.8.8.8", "1.1.1.1", "8.8.8.8"],
  ])("are an address: %s", (_, text, ...expected) => {
    expect(seen(text)).toEqual(expected);
  });
});

describe("colons", () => {
  it.each(["odd[1::2] + even[::2] + last[::1]", "h[-midx+1::2]", "ratio 1:2:3:4:5:6:7:8"])("are no address: %s", (text) => {
    expect(seen(text)).toEqual([]);
  });

  it("are the loopback address in brackets of a web address", () => {
    expect(seen("http://[::1]:8080/ and ::1")).toEqual(["::1", "::1"]);
  });
});
