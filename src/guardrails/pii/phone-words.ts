import { lastWordBefore, saidAfter, saidBefore, words } from "./context";

const PHONE_WORDS = words(
  either(
    /phone(?!s [a-z]|book|me)|\btel\b(?! aviv)|\btel[.:]|mobil|\bcall(?:ed|ing|er)?\b(?! of | stack|\()|call ?back(?= ?(?:no|num|at|on|:))|\bcell|\bfax|\bcontact/,
    /\breach\b|\btext(?=,? (?:me|us|him|her|them|to|at|on)\b|:? ?$)|\bsms\b|whatsapp|wa\.me\/|hotline|\bdial\b|ring me|answering|gsm/,
    /\bm(?:i|y|eu|ój|on|io|eine) n[uú]m(?:m?er|ber|[eé]ro)|rufnummer|handy|\bbel \b|\btlf|puhelin|numaram|cep(?: ?tel| ?no| ?num|: ?0)|zadzwoń/,
    /telefo|\btfno|teléfo|tél|\bappel(?:le|ez|er)|móvil|celular|cellulare|chiam|ll[áa]m[aeo]|ligue para|\bfone\b|telepon|hubungi|điện thoại|\bsđt/,
    /[тТ]ел(?:ефон|\.|:)|[зЗ]вон|[дД]звон|[мМ](?:ой|ій) номер|[τΤ]ηλ|फ़ोन|नंबर|โทร|هاتف|جوال|טלפון|נייד/,
    /전화|연락|휴대|핸드폰|폰|팩스|모바일|이동|내선|고객 ?센터|콜센터|문의|상담|분실 ?신고|직통|국번|[발수]신 ?번호|대표 ?번호/,
    /手机|手機|拨打|撥打|电话|電話|联系|聯絡|連絡|携帯/,
  ),
);
const PHONE_WORDS_AFTER =
  /^\)?(?: ?(?:번?으?로|에)(?: [가-힣 ]{1,14})? ?(?:전화|연락|문의|문자|통화|팩스)|[- ]?\(?(?:office|fax|mobile|cell|home|work)\b| (?:is|was|as)(?: [a-z]{1,7})? (?:phone|cell|mobile|contact|call ?-?back)\b)/;
const PHONE_CHARS_AFTER = 24;
/** What such words have in common. */
const SAID_AFTER = words(/전화|연락|문의|문자|통화|팩스|office|fax|mobile|cell|home|work|phone|contact|call/);

const OTHER_WORDS = words(
  either(
    /order|tracking|invoice|isbn|issn|\bean\b|\bupc\b|\bgtin\b|barcode|serial|ticket|\bsku\b|product|part no|lotto|model|version|account|acct|card/,
    /routing|sort code|policy|clause|\bid\b|reference|\bref\b|\bssn\b|social security|passport|licen[cs]e|coordinates|latitude|date|\bqq\b/,
    /pedido|commande|réf|bestell|steuer|ordine\b|\bart(?:ikel|icolo|\.)|zamówieni|sipariş|p\.? ?iva|\b(?:nip|cpf|cnpj|nif|siret|siren)\b/,
    /[зЗ]аказ|[иИ][нН]н|注文|订单|訂單|会員番号|受付番号/,
    /(?:주문|송장|제품|정책|고객|보험|보장|식별|증권|회원|접수|확인|거래|라우팅|우편|개인|일련|청구) ?번호|상품 ?코드|운송장|티켓|계좌|카드|사업자|법인/,
    /주민|외국인|면허|여권|위도|경도|코드|은행|신한|국민|농협|카카오뱅크|토스뱅크/,
  ),
);
const OTHER_CHARS_BEFORE = 20;

/** What counts something: a number without separators behind it is no phone's. */
const QUANTITY = /\b(?:count|depth|length|size|area|users?|grew|total|limit|duration|subscribers)\b(?! code)/;
const QUANTITY_CHARS_BEFORE = 20;

/** `near` are the bits of the words that may stand beside a number. */
export function maySpeakOfPhones(near: number): boolean {
  return (near & (PHONE_WORDS.bit | SAID_AFTER.bit)) !== 0;
}

/** The nearest word decides, and a tie ("고객 번호") goes to the other kind of number. */
export function speaksOfPhones(text: string, start: number, end: number, near: number): boolean {
  if (near & SAID_AFTER.bit && saidAfter(text, end, PHONE_WORDS_AFTER, PHONE_CHARS_AFTER)) return true;
  const word = near & PHONE_WORDS.bit ? lastWordBefore(text, start, PHONE_WORDS.pattern) : -1;
  return word >= 0 && (!(near & OTHER_WORDS.bit) || word > lastWordBefore(text, start, OTHER_WORDS.pattern));
}

/** Whether the words before `start` name another kind of number. */
export function saidOther(text: string, start: number, near: number): boolean {
  return (near & OTHER_WORDS.bit) !== 0 && lastWordBefore(text, start, OTHER_WORDS.pattern, OTHER_CHARS_BEFORE) >= 0;
}

export function saidQuantity(text: string, start: number): boolean {
  return saidBefore(text, start, QUANTITY, QUANTITY_CHARS_BEFORE);
}

function either(...patterns: RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"), "g");
}
