import type { Span } from "../finding";
import { endOfMatch, matchesAt } from "../spotter";
import { isPlaceholder } from "./randomness";

/** Characters of a private key's body between its two lines; an RSA key of 8,192 bits has about 6,400. */
export const PRIVATE_KEY_CHARS_MAX = 8_192;
const PRIVATE_KEY_BODY_MIN = 32;
const JWT_CHARS_MAX = 8_192;

const KEY_BEGIN = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
/** A sentence about the BEGIN line that goes on behind it. */
const SENTENCE = /^ [a-z]{1,12} [a-z]{1,12} [a-z]/;
export const JWT_START = /(?<![A-Za-z0-9_.-])eyJ/y;
const JWT = new RegExp(
  `eyJ[A-Za-z0-9_-]{8,${JWT_CHARS_MAX}}\\.[A-Za-z0-9_-]{8,${JWT_CHARS_MAX}}(?:\\.[A-Za-z0-9_-]{0,${JWT_CHARS_MAX}}){0,3}`,
  "y",
);

interface Shape {
  type: string;
  score: number;
  pattern: RegExp;
  /** Stands in all of them. */
  hint: string;
  /** What comes behind the hint. */
  goesOn?: string;
}

/** Formats that are told by their shape rather than by a prefix at a word's start. */
const SHAPES: readonly Shape[] = [
  { type: "TELEGRAM_BOT_TOKEN", score: 0.95, hint: ":AA", pattern: /(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g },
  {
    type: "AZURE_CLIENT_SECRET",
    score: 0.95,
    hint: "Q~",
    pattern: /(?<![A-Za-z0-9_.~-])[A-Za-z0-9_.~-]{3}\dQ~[A-Za-z0-9_.~-]{31,34}(?![A-Za-z0-9_.~-])/g,
  },
  { type: "AZURE_STORAGE_KEY", score: 0.95, hint: "AccountKey=", pattern: /AccountKey=[A-Za-z0-9+/]{80,90}={0,2}/g },
  { type: "AZURE_SHARED_KEY", score: 0.9, hint: "SharedAccessKey=", pattern: /SharedAccessKey=[A-Za-z0-9+/]{40,50}={0,2}/g },
  { type: "AZURE_SAS_SIGNATURE", score: 0.8, hint: "sig=", pattern: /(?<=[?&]sig=)[A-Za-z0-9%]{40,80}(?![A-Za-z0-9%])/g },
  { type: "MAXMIND_KEY", score: 0.95, hint: "_mmk", pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk(?![A-Za-z0-9])/g },
  {
    type: "NUGET_PASSWORD",
    score: 0.85,
    hint: "ClearTextPassword",
    pattern: /(?<=ClearTextPassword"\s{1,4}value=")(?!%)[^"\n]{6,80}(?=")/g,
  },
  { type: "MAILCHIMP_KEY", score: 0.9, hint: "-us", goesOn: "(?=\\d)", pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])/g },
  {
    type: "TEAMS_WEBHOOK",
    score: 0.95,
    hint: ".office.com/webhook",
    pattern: /https:\/\/(?:[a-z0-9-]{1,40}\.webhook|outlook)\.office\.com\/webhook(?:b2)?\/[A-Za-z0-9@/-]{60,200}/g,
  },
  {
    type: "PUTTY_PRIVATE_KEY",
    score: 0.98,
    hint: "-Lines: ",
    pattern: /Private-Lines: \d{1,4}(?:\\r|\\n|\s){1,4}(?:[A-Za-z0-9+/=]{16,80}(?:\\r|\\n|\s){0,4}){1,128}/g,
  },
  {
    type: "CONNECTION_STRING",
    score: 0.9,
    hint: ":thin:",
    pattern: /(?<=oracle:thin:)[^\s/@:"'<>`{$]{1,128}\/(?!pass|pwd|secret|[*<{$%])[^\s/@"'<>`]{4,128}(?=@)/gi,
  },
  {
    type: "FCM_SERVER_KEY",
    score: 0.95,
    hint: ":APA91b",
    pattern: /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{11}:APA91b[A-Za-z0-9_-]{100,180}/g,
  },
  {
    type: "TERRAFORM_TOKEN",
    score: 0.95,
    hint: "atlasv1.",
    pattern: /(?<![A-Za-z0-9])(?:[A-Za-z0-9]{14}\.)?atlasv1\.[A-Za-z0-9_-]{60,70}/g,
  },
  { type: "AZURE_DEVOPS_TOKEN", score: 0.95, hint: "AZDO", pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/g },
  { type: "NPM_TOKEN", score: 0.9, hint: "_authToken=", pattern: /(?<=_authToken=)[A-Za-z0-9-]{20,80}/g },
];

/** The hints of all shapes. */
export const SHAPE_HINTS = new RegExp(SHAPES.map(({ hint, goesOn = "" }) => hint.replaceAll(".", "\\.") + goesOn).join("|"), "y");

/** Where matches of `SHAPE_HINTS` and `JWT_START` may begin. */
export interface ShapeSpots {
  hint: readonly number[];
  jwt: readonly number[];
}

/** JSON web tokens, private keys, and tokens with their mark in the middle. */
export function findShapes(text: string, spots: ShapeSpots): Span[] {
  const found = [...findPrivateKeys(text), ...findJwts(text, spots.jwt), ...findKubernetesSecrets(text), ...findDiscordTokens(text)];
  if (spots.hint.length === 0) return found;
  const hints = new Set(Array.from(matchesAt(text, SHAPE_HINTS, spots.hint), ([hint]) => hint));
  if (hints.size === 0) return found;
  for (const { type, score, pattern, hint } of SHAPES) {
    if (!hints.has(hint)) continue;
    for (const match of text.matchAll(pattern)) found.push({ type, start: match.index, end: match.index + match[0].length, score });
  }
  return found;
}

/** A block up to its END line; one without (cut off, or still streaming) up to the bound. */
function findPrivateKeys(text: string): Span[] {
  if (!text.includes("PRIVATE KEY")) return [];
  const found: Span[] = [];
  let done = 0;
  for (const match of text.matchAll(KEY_BEGIN)) {
    if (match.index < done) continue;
    const bodyStart = match.index + match[0].length;
    const close = text.slice(bodyStart, bodyStart + PRIVATE_KEY_CHARS_MAX).search(/-----END [A-Z0-9 ]{0,40}-----/);
    const bodyEnd = close < 0 ? Math.min(text.length, bodyStart + PRIVATE_KEY_CHARS_MAX) : bodyStart + close;
    done = bodyEnd;
    const written = text.slice(bodyStart, bodyEnd);
    const body = written.replace(/\\n|\s/g, "");
    if (SENTENCE.test(written)) continue;
    if (body.length < PRIVATE_KEY_BODY_MIN || isPlaceholder(body)) continue;
    const end = close < 0 ? bodyEnd : text.indexOf("-----", bodyEnd + 5) + 5;
    found.push({ type: "PRIVATE_KEY", start: match.index, end, score: 0.98 });
  }
  return found;
}

function findJwts(text: string, spots: readonly number[]): Span[] {
  const found: Span[] = [];
  for (const { index } of matchesAt(text, JWT_START, spots)) {
    JWT.lastIndex = index;
    const token = JWT.exec(text)?.[0];
    if (token && isJson(token.slice(0, token.indexOf("."))))
      found.push({ type: "JWT", start: index, end: index + token.length, score: 0.95 });
  }
  return found;
}

const DISCORD = /(?<![A-Za-z0-9_.-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])/y;
/** Characters of its three parts; the middle one is always as long. */
const [DISCORD_FIRST_MIN, DISCORD_FIRST_MAX, DISCORD_MIDDLE] = [24, 28, 6];
const DOT = 46;

/** Asked for where two dots are as far apart as a token's, behind as many characters as its first part has. */
function findDiscordTokens(text: string): Span[] {
  const found: Span[] = [];
  for (let dot = text.indexOf("."); dot >= 0; dot = text.indexOf(".", dot + 1)) {
    if (text.charCodeAt(dot + DISCORD_MIDDLE + 1) !== DOT) continue;
    let start = dot;
    while (start > 0 && dot - start <= DISCORD_FIRST_MAX && isTokenCode(text.charCodeAt(start - 1))) start--;
    if (dot - start < DISCORD_FIRST_MIN || dot - start > DISCORD_FIRST_MAX) continue;
    const end = endOfMatch(text, DISCORD, start);
    if (end >= 0) found.push({ type: "DISCORD_TOKEN", start, end, score: 0.9 });
  }
  return found;
}

/** Letters, digits, "_", "-". */
function isTokenCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code === 45;
}

const MANIFEST_LINE = /^[ \t]{1,8}[A-Za-z0-9_.-]{1,64}:[ \t]{1,4}["']?([A-Za-z0-9+/]{12,4096}={0,2})["']?[ \t]{0,4}$/dgm;

/** Values under `data:` of a Kubernetes manifest of kind Secret, which are base64 of the thing itself. */
function findKubernetesSecrets(text: string): Span[] {
  if (!text.includes("Secret") || !text.includes("data:")) return [];
  if (!/^\s{0,4}["']?kind["']?:\s{0,4}["']?Secret\b/m.test(text) || !/^\s{0,4}data:/m.test(text)) return [];
  return [...text.matchAll(MANIFEST_LINE)].flatMap(({ 1: value = "", indices }) => {
    const [start, end] = indices?.[1] ?? [0, 0];
    return /[a-z]/.test(value) && /[A-Z0-9=]/.test(value) && !isPlaceholder(value)
      ? [{ type: "KUBERNETES_SECRET", start, end, score: 0.8 }]
      : [];
  });
}

/** RFC 7519 §3: the header is an object in base64url. Test vectors cut it anywhere, so its beginning is what counts. */
function isJson(base64url: string): boolean {
  try {
    return /^\{\s*"[A-Za-z0-9_]+"\s*:/.test(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return false;
  }
}
