import { describe, expect, it } from "vitest";
import { findPii } from ".";
import { passesLuhn } from "./credit-card";
import { passesBase58Check, passesBech32 } from "./crypto-wallet";
import { passesMod97 } from "./iban";
import { isV6 } from "./ip-address";
import { passesBusinessCheck, passesResidentCheck } from "./korean-numbers";
import { LIBRARY_CALLS_MAX } from "./phone";
import { sha256 } from "./sha256";

/** "TYPE:value" of everything found. */
function seen(text: string): string[] {
  return findPii(text).map(({ type, start, end }) => `${type}:${text.slice(start, end)}`);
}

describe("what is nobody's", () => {
  it.each([
    ["a version, not an address", "upgrade from version 10.0.19.41 today"],
    ["dates and times", "회의는 2024-11-10 14:30, or 10.11.2024 at 12:30:45"],
    ["an order number", "주문번호 20240613-9746439 배송 조회"],
    ["a tracking number", "송장번호 192194348654 어디쯤이에요?"],
    ["an ISBN", "도서 ISBN 978-89-1828-763-1 찾아줘"],
    ["amounts", "총 금액 978,464원, 부가세 77,891원"],
    ["years", "2023년 매출 1805억, 2024년 매출 2326억"],
    ["coordinates", "위도 37.9426, 경도 127.5298 근처 맛집"],
    ["an image's name", "see icon@2x.png and git@github.com:a/b.git"],
    ["namespaces", "std::vector, Foo::Bar, dead::beef and a ratio of 1:2:3:4"],
    ["a time stamp in milliseconds", "at 1717171717171 the job ended"],
    ["a hash", "8f953371d3e85eddb89b05ed6b9e680791055315c73e1025ab5dba7bb2aee189"],
    ["a card that fails Luhn", "my credit card number is 4012-8888-8888-1882"],
    ["an IBAN that fails mod 97", "GB29 NWBK 6016 1331 9268 18"],
    ["an IBAN that goes on", "IL15 0120 6900 0000 3111 0120 6900 0000 3111 141"],
    ["an area that was never issued", "000-12-3456 and 666-12-3456"],
    ["a mixed hardware address", "10:2F:33-AC-29-C3"],
    ["a resident number of no day", "001332-1234567 and 960121+1021413"],
    ["a licence with too many digits", "11-22-123456-123"],
    ["a passport without a word", "M12345678"],
    ["a bare number of ten digits", "1234567891"],
    ["a decimal number that passes Luhn", "e = 2.718281828459045"],
    ["small numbers that pass Luhn together", "12 93 94 13 65\n4 47 84 10 90 12 36 48 21 36\n17"],
    ["a Japanese barcode that passes Luhn", "商品番号 4901234567894"],
    ["a Korean barcode like a resident number", "품목 8801234567890"],
    ["a part's number like a business number", "item 220-81-62517-A"],
    ["an order's number like a social security number", "order #100-23-4567, lot no. 100-23-4568"],
    ["a row of numbers like a hardware address", "Lotto 07-14-21-28-35-42"],
    ["a hash beside a device", 'IoT::WirelessDevice": "ca2bf5ce88e8948f"'],
    ["bytes of a dump", "A9 C5 D4 9F EB D3 B6 65 01 02"],
  ])("%s is left alone", (_, text) => {
    expect(seen(text)).toEqual([]);
  });
});

describe("what is someone's", () => {
  it.each([
    ["메일은 park_js@naver.com으로 주세요", "EMAIL:park_js@naver.com"],
    ["[a.b@c.de](mailto:a.b@c.de)", "EMAIL:a.b@c.de", "EMAIL:a.b@c.de"],
    ["https://shop.example/?email=ada.l@example.com&lang=en", "EMAIL:ada.l@example.com"],
    ["https://shop.example/unsubscribe/ada.l@example.com", "EMAIL:ada.l@example.com"],
    ["See https://social.example/@ada.example and https://git@code.example/a.git"],
    ["https://kim:hunter22@db.example.com/x", "URL_CREDENTIALS:kim:hunter22"],
    ["to=a.b@c.de user='kim@example.com'", "EMAIL:a.b@c.de", "EMAIL:kim@example.com"],
    ["news-kim=example.org@lists.example", "EMAIL:news-kim=example.org@lists.example"],
    ['{"to":"\\u003ckim@example.com\\u003e"}', "EMAIL:kim@example.com"],
    ["call +44 (0) 20 1234 5678 now", "PHONE:+44 (0) 20 1234 5678"],
    ["(+41) 22 730 5989, ask for billing", "PHONE:(+41) 22 730 5989"],
    ["(02) 8423-7832 / 010.9414.5103", "PHONE:(02) 8423-7832", "PHONE:010.9414.5103"],
    ['{"note":"call\\n010-1234-5678\\tkim@example.com"}', "PHONE:010-1234-5678", "EMAIL:kim@example.com"],
    ["전화(010-1234-5678)", "PHONE:010-1234-5678"],
    ["연락처 719-476-1121x543에게", "PHONE:719-476-1121x543"],
    ["please text ４１５６６６７７７７ today", "PHONE:４１５６６６７７７７"],
    ["Phone: 72 128 827", "PHONE:72 128 827"],
    ["My card 4012 8888 8888 1881 expires", "CREDIT_CARD:4012 8888 8888 1881"],
    ["Карта 2200 5401 4102 3514, cartão 6363 6888 1862 8398", "CREDIT_CARD:2200 5401 4102 3514", "CREDIT_CARD:6363 6888 1862 8398"],
    ["Ticket #5521: customer typed full PAN (“4882 2017 7013 2594”)", "CREDIT_CARD:4882 2017 7013 2594"],
    ["Visa 4222222222222, Handy +49 151 12345652", "CREDIT_CARD:4222222222222", "PHONE:+49 151 12345652"],
    ["my iban is gb29nwbk60161331926819", "IBAN:gb29nwbk60161331926819"],
    ["AL47-2121-1009-0000-0002-3569-8741", "IBAN:AL47-2121-1009-0000-0002-3569-8741"],
    ["SSN 536901234 on file", "US_SSN:536901234"],
    ["536-90-1234", "US_SSN:536-90-1234"],
    ["item: 536-90-1234", "US_SSN:536-90-1234"],
    ["IPs: 10.0.0.1, 2001:db8::1.", "IP_ADDRESS:10.0.0.1", "IP_ADDRESS:2001:db8::1"],
    ["http://[2001:db8::192.0.2.1]/ and fe80::1%eth0", "IP_ADDRESS:2001:db8::192.0.2.1", "IP_ADDRESS:fe80::1%eth0"],
    ["MAC 0012.3456.789a, device A9 C5 D4 9F EB D3 fails", "MAC_ADDRESS:0012.3456.789a", "MAC_ADDRESS:A9 C5 D4 9F EB D3"],
    ["ether 07-14-21-28-35-42, 07:14:21:28:35:42", "MAC_ADDRESS:07-14-21-28-35-42", "MAC_ADDRESS:07:14:21:28:35:42"],
    ["EUI-64 0012f3fffe56789a, device 0012f356789a", "MAC_ADDRESS:0012f3fffe56789a", "MAC_ADDRESS:0012f356789a"],
    ["16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "CRYPTO:16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"],
    ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "CRYPTO:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"],
    ["주민번호 900101 - 1234567로", "KR_RRN:900101 - 1234567"],
    ["주민등록번호는 0005056637892입니다.", "KR_RRN:0005056637892"],
    ["사업자등록번호 104-86-56659", "KR_BRN:104-86-56659"],
    ['사업자등록번호: 104 86 56659 {"bizNo":"1048656659"}', "KR_BRN:104 86 56659", "KR_BRN:1048656659"],
    ["여권(M70689098) 재발급, 여권번호 m749a2894", "KR_PASSPORT:M70689098", "KR_PASSPORT:m749a2894"],
    ["M70689098 여권으로 입국", "KR_PASSPORT:M70689098"],
    ["운전면허 11-01-805513-46 갱신", "KR_DRIVER_LICENSE:11-01-805513-46"],
    ["신한 110-452-794498에서 010-9414-5103님께", "KR_BANK_ACCOUNT:110-452-794498", "PHONE:010-9414-5103"],
    ["제 이름은 홍길동입니다", "PERSON:홍길동"],
    ["My name is Jane van Dyke.", "PERSON:Jane van Dyke"],
    ["생년월일: 1990-01-31", "DATE_OF_BIRTH:1990-01-31"],
    ["I live at 12 Baker Street, really", "ADDRESS:12 Baker Street"],
  ])("%s", (text, ...expected) => {
    expect(seen(text)).toEqual(expected);
  });

  it("only of the types that were asked for, and of the certainty", () => {
    const text = "kim@example.com 010-1234-5678, my name is Kim";
    expect(findPii(text, { types: new Set(["PHONE"]) }).map(({ type }) => type)).toEqual(["PHONE"]);
    expect(findPii(text, { scoreMin: 0.97 }).map(({ type }) => type)).toEqual(["EMAIL"]);
  });

  it("beyond the phone library's budget too", () => {
    const numbers = Array.from({ length: LIBRARY_CALLS_MAX + 5 }, (_, at) => `0917${1234500 + at}`);
    expect(seen(numbers.join("\n"))).toEqual(numbers.map((number) => `PHONE:${number}`));
  });
});

describe("checksums", () => {
  it("SHA-256, the vectors of FIPS 180-4", () => {
    const hex = (text: string) => Buffer.from(sha256(new TextEncoder().encode(text))).toString("hex");
    expect(hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  it("Luhn", () => {
    expect(["79927398713", "4111111111111111", "378282246310005"].map(passesLuhn)).toEqual([true, true, true]);
    expect(["79927398710", "4111111111111112", ""].map(passesLuhn)).toEqual([false, false, false]);
  });

  it("IBAN mod 97", () => {
    expect(["DE89370400440532013000", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"].map(passesMod97)).toEqual([true, true, true]);
    expect(passesMod97("DE88370400440532013000")).toBe(false);
  });

  it("base58check and bech32, the vectors of BIP 173 and BIP 350", () => {
    expect(passesBase58Check("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")).toBe(true);
    expect(passesBase58Check("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3")).toBe(false);
    expect(passesBech32("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4")).toBe(true);
    expect(passesBech32("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0")).toBe(true);
    expect(passesBech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")).toBe(false);
    expect(passesBech32("bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")).toBe(false);
  });

  it("Korean resident, foreigner and business numbers", () => {
    expect(["9601211021413", "0509126000012"].map(passesResidentCheck)).toEqual([true, true]);
    expect(passesResidentCheck("9601211021414")).toBe(false);
    expect(["1048656659", "1248100998"].map(passesBusinessCheck)).toEqual([true, true]);
    expect(passesBusinessCheck("1048656658")).toBe(false);
  });

  it("IPv6 forms of RFC 4291", () => {
    for (const address of ["2001:db8::1", "::1", "1::", "2001:DB8:0:0:8:800:200C:417A", "::ffff:129.144.52.38"])
      expect(isV6(address)).toBe(true);
    for (const address of ["::", ":::", "1:2:3:4", "1::2::3", "12345::1", "::ffff:300.1.1.1", "dead::beef"])
      expect(isV6(address)).toBe(false);
  });
});
