import type { Span } from "../finding";
import { endOfMatch, matchesAt } from "../spotter";
import { classChanges, isPlaceholder, looksDrawn, looksWorded } from "./randomness";

/** Characters of a name to either side of its telling word, and of a value. */
const NAME_CHARS_MAX = 48;
const VALUE_CHARS_MAX = 256;

export const TELLING =
  /pass(?:word|wd|phrase|code)?|pwd|pw(?=[ :=는은])|psk(?=["' :=])|secrete?|token|api[_ .-]?key|key|auth|credential|access[_-]?id|client[_-]?id|bearer|(?<=contras)eña|пароль|密码|密碼|口令|パスワード|비밀번호|비번|암호|토큰|키(?=[는은이가:= ])/iy;
/** Products whose bare name may stand before a key: "sourcegraph: 0c1f…". */
export const PRODUCT =
  /(?<![A-Za-z0-9])(?:adafruit|adobe|airtable|algolia|alibaba|asana|atlassian|bitbucket|bittrex|cloudflare|codecov|cohere|coinbase|datadog|discord|dropbox|etsy|facebook|fastly|finicity|freshbooks|gitter|heroku|hubspot|intercom|jfrog|kraken|kucoin|launchdarkly|linkedin|looker|mailchimp|mailgun|mapbox|mattermost|meraki|netlify|newrelic|nytimes|okta|plaid|rapidapi|sentry|snyk|sourcegraph|squarespace|sumologic|travis|trello|twitch|twitter|yandex|zendesk)(?=["']?\s{0,2}[:=])/iy;
/** Names that speak of keys and tokens without holding one. */
const HARMLESS =
  /public|authenticity|csrf|xsrf|nonce|primary|foreign|partition|issuer|cache|sort|idempoten|pag(?:e|ing|ination)_?token|(?:next|continuation|cursor|sync|resume)_?token|hot.?key|key_?(?:name|word|code|board|hole|frame|press|down|up|s?pace|hash|len|length|size|type|id|path|file|tag|selector|meshing|vault)|monkey|turkey|(?:by|buy|com|sur|tres)pass|pass(?:i(?:ve|ng|on)|e[sd]|enger|age|port|through)|donkey|hockey|whiskey|tokeni[sz]|tokens|token_?(?:type|count|limit|url|file|id|name|len|length|bytes)|author|oauth_?url|(?:hash|checksum|fingerprint|version|url|uri|path|file|dir|length|size|mode|name|method|type|status|count|index|source|header|prefix|suffix|label|help|hint|prompt|min|max|\.(?:bin|[gx7]?z|zip|tar|txt|json|[jt]s|py|md|go|html?|exe|iso|jar|whl|deb|log)|polic(?:y|ies)|rules?|expiry|field|column|pattern|regex|alias|arn|provider)$/i;
const NAME_OF_ID = /(?<!(?:access|client|app)[_.-]?)ids?$/i;
const PASSWORD_LIKE = /pass|pwd|^pw$|psk|secret|contraseña|пароль|密码|密碼|口令|パスワード|비밀번호|비번|암호/i;

/** Nothing but the word: here even a weak password is one. */
const PLAIN_PASSWORD =
  /^(?:[A-Z_]*PASS(?:WORD|WD)?|[Pp]assword|[Pp]asswd|[Pp]asswort|pwd|pw|PW|contraseña|пароль|密码|密碼|口令|パスワード|비밀번호|비번|암호)$/;

/** What may stand between a name and its value. */
const OPERATOR = new RegExp(
  `(?:${[
    // <add key="name" value="…">, {"name": "…", "value": "…"}, a list of names and values in YAML
    String.raw`["'\]]?(?:,|(?=\s))\s{0,12}(?:["']?value["']?\s{0,2}[:=]|--(?:value|secret-string|body)[ =])`,
    // <string name="name">value</string>, <key>name</key><string>value</string>
    String.raw`["']>|<\/key>\s{0,12}<string>`,
    // variable "name" { default = "…" }
    String.raw`["']\s{0,4}\{\s{1,12}(?:(?:type|description|sensitive)\s{0,8}=[^\n]{0,120}\n\s{0,8}){0,3}default\s{0,8}=`,
    // let name: &str = "…", var name string = "…", char name[] = "…"
    String.raw`(?::\s{0,2}|\s)(?:&?(?:'static )?str|string|text|varchar)(?:\s?\|\s?(?:none|null|undefined)|\?)?\s{0,2}:?=`,
    // withName("…"), name=("user", "…"), name{"…"}, name = { value = "…" }
    String.raw`\s?=?\s?[({]\s?(?:value\s?=\s?)?(?:["'][^"'\n]{1,64}["'],\s{0,2})?(?=["'])`,
    String.raw`\[\d{0,4}\]\s{0,2}=`,
    // the password for the server is …
    String.raw` (?:for|of|on|to) [\w@.'/ -]{1,40}?(?::| is\b)`,
    String.raw`(?: is| was| has been)? (?:set|reset|changed) to\b:?`,
    String.raw`(?:\\?["'\`)\]]){0,2}\s{0,4}(?:=>|<-|->|<<<|(?:\|\||\?\?)=?|\*{2}:|\([a-z ]{1,20}\):|:=|\?=|\.=|={1,3}|!={1,2}|:|(?<=["'\`]\s{0,4}),|(?:값)?(?:[은는이가을를에]|으?로)(?= )|[は是为為]|(?:is|was|will be|es|ist|lautet|est)\b:?|(?=["'\`]))`,
  ].join("|")})\\s{0,4}(?:[bru](?=["'])|!!str |[|>]-?\\n\\s{1,12})?`,
  "iy",
);
/** Code units behind a name to which nothing is given there: `,` `;` `}` `/` `+` `&`. */
const ENDS_A_NAME: ReadonlySet<number> = new Set([44, 59, 125, 47, 43, 38]);
const SPACE_CODE = 32;
/** How the words of `OPERATOR` begin. */
const OPERATOR_WORDS: ReadonlySet<string> = new Set("va st te fo of on to is wa wi ha es la se re ch".split(" "));
/** Between the name and the value of an instruction, an option or a remark: `ENV name value`, `--password value`. */
const SPACE = /[ \t]{1,12}(?:\|[ \t]{1,12}|to |- )?(?=[^\s\d]{0,40}[\d#$@!^&*%])/y;
const ELEMENT = />\s{0,4}/y;
const QUOTED = new RegExp(`(["'\`])((?:(?!\\1)[^\\n\\\\]|\\\\[^\\n]){1,${VALUE_CHARS_MAX}})\\1`, "y");
const QUOTES = "\"'`";
const BARE = new RegExp(`[^\\s"'\`<>|=\\u3001-\\ud79d]{6,${VALUE_CHARS_MAX}}={0,2}`, "y");
export const HEADER =
  /(?:authorization|x-[a-z-]{1,30})["']?\s{0,2}[:=]\s{0,2}["']?(?:bearer|token|basic|bot|ssws|splunk|(?:genie|api|deepl-auth-|klaviyo-api-)?-?key)\s{1,2}([A-Za-z0-9._~+/=-]{12,400})/diy;
const CURL_USER = /(?:\s-u|--user)[ =]["']?\{?[^\s:"'{}$]{1,64}\}?["']?:["']?\{?([^\s"'{}$]{6,100})\}?/dg;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const LONG_HEX = /^(?:0x)?[0-9a-f]{32,128}$/i;
/** `sha256:…`, `2024-11-02T10:11:12Z`. */
const DIGEST_OR_DATE = /^sha\d{1,3}[:-]|^\d{4}-\d\d-\d\d(?:[T ]|$)/;
/** Words drawn from a list, with a number: "coffee-tiger-ocean-13". */
const PASSPHRASE = /^(?:[a-z]{3,10}-){2,6}\d{1,4}$/;
/** Before "key" or "token": which makes it one that is kept. */
const QUALIFIED = /(?:api|secret|private|server|access|signing|encryption|master|auth|service) $/i;
const LONG_NUMBER = /^\d{14,20}$/;
/** Code rather than a value: a call, an index, a member, an operator. */
const CODE = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*(?:[([]|$|[;,)]+$)|^[!&|(]|\|\||&&|=>|\)\.|\(\)|^\/|^https?:|^\\/;

/** `module_1.name`, `Uint8Array`. */
const MEMBER_OR_TYPE = /^[A-Za-z_$][\w$]*\.[A-Za-z_$]{4,}$|^[A-Z][a-z]+\d{1,2}[A-Z][a-z]+$|^(?:self|this|cls|exports|module)\.[A-Za-z_$]/;
/** Minified code goes on behind a name: calls, closed blocks, further members. */
const MORE_CODE = /\}\)|\},|\)[,;]|,[A-Za-z_$]\w{0,40}[:.]|\}[a-z]{2,20}\(|;return\b/;

/** Fingerprints, public keys, paths, templates: never a secret that stands behind a space. */
const NOT_SPACED = /^(?:(?:idx|fk|uk|pk|uniq)_|sha\d|md5|AAAA[A-Z]\d|[./~$@#-])|^[^/]{0,24}\/[^/]{0,24}\/[^/]{0,24}\/|\$\{|\.[a-z]{2,4}$/i;

/** Where matches of `TELLING`, `PRODUCT` and `HEADER` may begin. */
export interface AssignedSpots {
  telling: readonly number[];
  product: readonly number[];
  header: readonly number[];
}

/** Values given to a name like "password", "api_key" or "토큰", where they look drawn; authorization headers; `curl -u`. */
export function findAssigned(text: string, spots: AssignedSpots): Span[] {
  return [...findNamed(text, TELLING, spots.telling), ...findNamed(text, PRODUCT, spots.product), ...findHeaders(text, spots.header)];
}

function findNamed(text: string, pattern: RegExp, spots: readonly number[]): Span[] {
  const found: Span[] = [];
  let [matched, done] = [0, 0];
  for (const at of spots) {
    const end = at < matched ? -1 : endOfMatch(text, pattern, at);
    if (end < 0) continue;
    matched = end;
    if (at < done) continue;
    done = nameEnd(text, end);
    const span = valueAfter(text, at, done, pattern === PRODUCT);
    if (span) found.push(span);
  }
  return found;
}

interface Name {
  text: string;
  /** The words before it, as in "my heroku key". */
  before: string;
}

function nameEnd(text: string, end: number): number {
  let to = end;
  while (to < text.length && to - end < NAME_CHARS_MAX && isNameCode(text.charCodeAt(to))) to++;
  return to;
}

function nameOf(text: string, start: number, end: number): Name {
  const from = start - nameLead(text, start);
  return { text: text.slice(from, end), before: text.slice(Math.max(0, from - 24), from) };
}

/** Characters of the name before its telling word. */
function nameLead(text: string, start: number): number {
  let lead = 0;
  while (lead < start && lead < NAME_CHARS_MAX && isNameCode(text.charCodeAt(start - lead - 1))) lead++;
  return lead;
}

function isNameCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code === 46 || code === 45
  );
}

/** `start` is where the telling word begins, `end` where the name that it is a part of ends. */
function valueAfter(text: string, start: number, end: number, product: boolean): Span | undefined {
  const assigned = mayBeAssigned(text, end) ? endOfMatch(text, OPERATOR, end) : -1;
  const value = assigned >= 0 ? valueAt(text, assigned) : valueApart(text, start, end);
  if (!value || !/[\d#$@!^&*%?]/.test(value.text)) return undefined;
  const name = nameOf(text, start, end);
  if (HARMLESS.test(name.text) || NAME_OF_ID.test(name.text)) return undefined;
  if (value.spaced ? !isSecretApart(value.text, name) : !isSecret(value.text, name, value.quoted, product)) return undefined;
  return {
    type: PASSWORD_LIKE.test(name.text) ? "PASSWORD" : "API_KEY",
    start: value.start,
    end: value.start + value.text.length,
    score: 0.75,
  };
}

/** Whether `OPERATOR` is worth asking: it is not in most of code and prose. */
function mayBeAssigned(text: string, end: number): boolean {
  const code = text.charCodeAt(end);
  if (code !== SPACE_CODE) return !ENDS_A_NAME.has(code);
  const next = text.charCodeAt(end + 1);
  return !(next >= 97 && next <= 122) || OPERATOR_WORDS.has(text.slice(end + 1, end + 3));
}

interface Value {
  text: string;
  start: number;
  quoted: boolean;
  /** Nothing but space stands between it and its name. */
  spaced?: true;
}

/** The value of `<name>value</name>`, or of a name with a space behind it. */
function valueApart(text: string, start: number, end: number): Value | undefined {
  const opened = endOfMatch(text, ELEMENT, end);
  if (opened >= 0) return text[start - nameLead(text, start) - 1] === "<" ? valueAt(text, opened) : undefined;
  const at = endOfMatch(text, SPACE, end);
  const value = at < 0 ? undefined : valueAt(text, at);
  return value && { ...value, spaced: true };
}

function valueAt(text: string, at: number): Value | undefined {
  if (text[at] === "\\" && QUOTES.includes(text[at + 1] ?? " ")) return bareAt(text, at + 2);
  const isQuote = QUOTES.includes(text[at] ?? " ");
  const closed = isQuote ? endOfMatch(text, QUOTED, at) : -1;
  if (closed >= 0) return { text: text.slice(at + 1, closed - 1), start: at + 1, quoted: true };
  return bareAt(text, isQuote ? at + 1 : at);
}

/** Up to a space or a quotation mark, without the punctuation behind it and without the next parameter of a URL. */
function bareAt(text: string, start: number): Value | undefined {
  const end = endOfMatch(text, BARE, start);
  const bare = end < 0 ? "" : text.slice(start, end).replace(/\\[nrt].*$|&[\w.-]{1,40}=$|[,;)\]}.\\]+$/, "");
  return bare ? { text: bare, start, quoted: false } : undefined;
}

function isSecret(value: string, name: Name, quoted: boolean, product: boolean): boolean {
  if (value.length < 6 || isPlaceholder(value) || DIGEST_OR_DATE.test(value) || (!quoted && MEMBER_OR_TYPE.test(value))) return false;
  if (!quoted && (MORE_CODE.test(value) || (!PASSWORD_LIKE.test(name.text) && looksWorded(value)))) return false;
  const plainKey = /^keys?$/i.test(name.text);
  const owned = product || QUALIFIED.test(name.before) || /\b(?:my|our|내|제) [a-z0-9 ._-]{0,20}$/i.test(name.before);
  if (UUID.test(value)) return !plainKey || owned;
  if (LONG_HEX.test(value)) return !plainKey || owned;
  if (LONG_NUMBER.test(value)) return /token$|secret$/i.test(name.text);
  if (PASSWORD_LIKE.test(name.text) && isPassword(value, quoted)) return true;
  if (PASSWORD_LIKE.test(name.text) && PASSPHRASE.test(value)) return true;
  if (PLAIN_PASSWORD.test(name.text) && /^(?=.*\d)(?=.*[A-Za-z])[\w.\-!@#$%^&*?+]{6,40}$/.test(value)) return true;
  if (hasManySigns(value)) return true;
  if (value.length < (plainKey && !owned ? 20 : 10) || !/^[A-Za-z0-9_\-.+/=~:@!$%^&*]+$/.test(value)) return false;
  return !(CODE.test(value) && !looksDrawn(value)) && looksDrawn(value);
}

/** With only a space before it a value has to look far more drawn: what follows "the password" in prose is mostly a verb. */
function isSecretApart(value: string, { text: name, before }: Name): boolean {
  if (value.length < 8 || /keys$/i.test(name) || !/^[A-Za-z0-9_\-.+/=~:@!$%^&*#?]+$/.test(value) || isPlaceholder(value)) return false;
  if (NOT_SPACED.test(value) || /(?:public|primary|foreign|partition|cache|sort|page|product|licen[sc]e|serial|ssh) $/i.test(before))
    return false;
  if (UUID.test(value) || LONG_HEX.test(value))
    return !/^commit/i.test(before) && (/[_-]|api ?key|secret/i.test(name) || QUALIFIED.test(before));
  if (!/[A-Za-z]/.test(value) || !/\d/.test(value)) return false;
  if (PASSWORD_LIKE.test(name) && PASSPHRASE.test(value)) return true;
  if (PASSWORD_LIKE.test(name)) return /[!@#$%^&*]/.test(value) ? !/[=:/]/.test(value) : classChanges(value) >= 4 && looksDrawn(value);
  return value.length >= 20 && classChanges(value) >= 6 && looksDrawn(value);
}

/** Letters with digits, or with the signs that people put into passwords. */
function isPassword(value: string, quoted: boolean): boolean {
  if (/\s/.test(value) || (!quoted && CODE.test(value))) return false;
  if (/^[A-Za-z_.\-/: ]+$/.test(value) || !/^[A-Za-z0-9]|^[^\w\s]{1,3}[A-Za-z0-9]/.test(value)) return false;
  const signs = signsOf(value);
  if (signs.size >= 3 && /[A-Za-z]/.test(value)) return quoted || /[#$@!^&*%?{}]/.test(value);
  return /[A-Za-z]/.test(value) && /\d/.test(value) && (signs.size >= 1 ? quoted || !/[()[\]{}]/.test(value) : looksDrawn(value));
}

/** Nothing but a password looks like this, unless it is a regular expression. */
function hasManySigns(value: string): boolean {
  return (
    value.length >= 10 &&
    /[#$@!%^&]/.test(value) &&
    signsOf(value).size >= 5 &&
    /[A-Za-z0-9]{3}/.test(value) &&
    !/\s|\(\?|[A-Za-z0]-[Zz9]|\\/.test(value)
  );
}

function signsOf(value: string): Set<string> {
  return new Set(value.replace(/[A-Za-z0-9_.\-/\s]+/g, ""));
}

function findHeaders(text: string, spots: readonly number[]): Span[] {
  const found: Span[] = [];
  const take = (match: RegExpExecArray, type: string) => {
    const [start, end] = match.indices?.[1] ?? [0, 0];
    const value = text.slice(start, end);
    if (isPlaceholder(value) || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return;
    found.push({ type, start, end, score: 0.8 });
  };
  for (const match of matchesAt(text, HEADER, spots)) take(match, "AUTHORIZATION");
  if (text.includes("curl")) for (const match of text.matchAll(CURL_USER)) take(match, "PASSWORD");
  return found;
}
