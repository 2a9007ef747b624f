import { describe, expect, it } from "vitest";
import { findPii } from ".";

const seen = (text: string): string[] =>
  findPii(text)
    .filter(({ type }) => type === "PHONE")
    .map(({ start, end }) => text.slice(start, end));

describe("a phone number is seen", () => {
  it.each([
    ["after a Korean area code in half a bracket", "사무실은 02)555-1267, 팩스 031)555-1285", "02)555-1267", "031)555-1285"],
    ["with Korea's code and no plus", "82-10-7171-8284", "82-10-7171-8284"],
    ["with India's code and no plus", "I tried 91-9876599767 twice", "91-9876599767"],
    [
      "of a company in Korea",
      "카드 분실 신고 1588-8900, 국번없이 1577-1358번, 1544-9876, 1588-1234",
      "1588-8900",
      "1577-1358",
      "1544-9876",
      "1588-1234",
    ],
    ["within Russia", "8 (495) 765-43-75 или 8-916-123-45-67", "8 (495) 765-43-75", "8-916-123-45-67"],
    ["within Brazil and Mexico", "(11) 91234-5388, (55) 1234-5280, 11 91234-5240", "(11) 91234-5388", "(55) 1234-5280", "11 91234-5240"],
    ["of a mobile in China", "138 1234 5109 / 138-1234-5903", "138 1234 5109", "138-1234-5903"],
    ["of an Australian company", "I tried 1300 555 165 twice", "1300 555 165"],
    ["with its area in brackets and no space", "- (03)1234-5536", "(03)1234-5536"],
    ["with a hyphen after its area's bracket", "Sam, (541)-555-0153", "(541)-555-0153"],
    ["with the zero before the area's bracket", "Cep: 0(532) 123 45 08", "0(532) 123 45 08"],
    ["with a spaced sign behind its area", "Telefoon: 020 - 123 45 00, Telefon 089 / 12 34 56", "020 - 123 45 00", "089 / 12 34 56"],
    ["of a German mobile, twelve digits", "unter 0151 2345 6742 erreichbar", "0151 2345 6742"],
    ["in a link of a messenger", "https://wa.me/14155550129?text=hello", "14155550129"],
    ["before its word", "Customer left 9175550027 as call back number", "9175550027"],
    ["after a word of Spanish", "Mi móvil es 612 34 59 79. Tfno: 952 21 34 09", "612 34 59 79", "952 21 34 09"],
    ["after a verb of Spanish", "Llame al 93 123 45 39", "93 123 45 39"],
    ["after a word of Italian", "Il mio numero è 347 127181", "347 127181"],
    ["after a word of Portuguese", "Fone: 11912345333", "11912345333"],
    ["after a word of Russian", "Звоните: 89161234479", "89161234479"],
    ["after a word of Chinese", "请拨打13812345148", "13812345148"],
    ["after a word of Arabic", "هاتف 41555512", "41555512"],
  ])("%s", (_, text, ...expected) => {
    expect(seen(text)).toEqual(expected);
  });
});

describe("no phone number is", () => {
  it.each([
    ["a decimal number", "in (0.99004983, -0.00801395, 222.8671875)"],
    ["a path of a drawing", "0 0 1 .303.169.41.41 0 0 1 .048.367.54.54"],
    ["a postal code of New England", "Fifth Floor, Boston, MA 02110-1301 USA"],
    ["a span of years beside a phone's word", "contact us, 1999-2001"],
    ["an amount beside a phone's word", "call it 10000000000, or text 'x' 1000000 times"],
    ["an argument beside a phone's word", "call back setFoo(12345678)"],
    ["coordinates of Tel Aviv", "tel aviv 32.0853 34.7818"],
    ["a duration beside a phone's word", "contact time 1200000 ms"],
    ["a quantity", "Call of Duty 4 has 1000000 players, text length 12345678, cell count 12500000"],
    ["a number of news", "223 3000234 <45223423@example.com>"],
    ["a counter of a group", "comp.lang.python 0000000304 0000000304 y"],
    ["the name of a file", "http://example.net/cts/09006251100.asf"],
    ["a clause", "Rights in Clause 252.227-7013 (c)"],
    ["a row of small numbers", "57 25\n0 26 56 74 62 84 71 42"],
    ["a meeting's number", "dial in, 87422109931#"],
    ["an order's number in other languages", "Pedido 20240012345, 注文番号 250-1234567-1234567, Art.-Nr. 0123 456 789"],
    ["a tax number in other languages", "NIP 123-456-32-18, P.IVA 01234567890, tel.: –, ИНН 7707083893"],
    ["a Brazilian postal code", "CEP 01310-100"],
    ["a postal code of Japan", "郵便番号 150-0002"],
    ["a span of times or amounts in Korea", "1600-2000 사이로, 1500-1800명"],
    ["an asset's number", "asset tag 0012345678"],
  ])("%s", (_, text) => {
    expect(seen(text)).toEqual([]);
  });
});
