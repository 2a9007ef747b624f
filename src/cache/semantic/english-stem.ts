import { IRREGULAR_FORMS } from "./english-lexicon";

interface Irregulars {
  base: Map<string, string>;
  past: Set<string>;
  participle: Set<string>;
}

let irregulars: Irregulars | undefined;

function irregularForms(): Irregulars {
  if (irregulars) return irregulars;
  const base = new Map<string, string>();
  const past = new Set<string>();
  const participle = new Set<string>();
  for (const line of IRREGULAR_FORMS.trim().split("\n")) {
    const [verb = "", pasts = "", participles = "", others = ""] = line.split(" ");
    for (const form of pasts.split(",").filter(Boolean)) if (form !== verb) past.add(form);
    for (const form of (participles || pasts).split(",").filter(Boolean)) participle.add(form);
    for (const form of `${pasts},${participles},${others}`.split(",").filter(Boolean)) base.set(form, verb);
  }
  irregulars = { base, past, participle };
  return irregulars;
}

const SILENT_E =
  /(?:at|iz|is|iv|ak|uc|nc|rg|dg|ov|us|as|os|ut|ag|ud|id|ir|ur|bl|tl|pl|cl|fl|gl|v|z|u|ok|rv|lv|ap|ar|ik|in|it|ot|ol|il|op|om|am|lat|rat|nat|cat)$/;
const KEEPS_CONSONANT =
  /(?:visit|edit|limit|credit|profit|exit|orbit|wait|eat|beat|treat|meet|look|book|cook|explain|train|rain|gain|contain|obtain|remain|maintain|join|begin|need|feed|read|load|repair|answer|own|clean|mean|learn|earn|turn|burn|open|happen|listen|sleep|keep|help|develop|stop|ship|map|skip|fail|sail|mail|email|feel|deal|heal|sell|tell|call|fill|kill|fall|roll|pull|travel|cancel|control|appear|hear|wear|bear|clear|fear|repeat|cheat|heat|float|shout|boil|fool|cool|pool|screen|design|assign|sign|return|explor|avoid|paid|aid|understand|respond|claim|aim|perform|form|confirm|program|swim|seem|zoom|bloom|doom|room|roam|scream|dream|stream|steam|team|harm|warm|farm|learn|ruin|spoil|toil|flood|found|sound|sit|hit|get|set|let|cut|put|run|win|plan|scan|ban|sin|spin|pin|cheat|suit|recruit|fit|quit|permit|admit|commit|submit|bat|chat|format|combat|creat|spot|plot|robot|pilot|bottl)$/;

/** The lemma of a lower-case English word, near enough: the same for its inflections, never the same for words of unlike meaning that are common. */
export function stemEnglish(word: string): string {
  const forms = irregularForms();
  const known = forms.base.get(word);
  if (known !== undefined) return known;
  const plain = british(word.endsWith("'s") ? word.slice(0, -2) : word.replace(/'/g, ""));
  if (plain.length <= 3) return plain;
  if (/(?:ss|us|is|ous|ics|news|series|species|always|perhaps|besides|towards?)$/.test(plain)) return plain;
  if (plain.endsWith("ies") && plain.length > 4) return `${plain.slice(0, -3)}y`;
  if (/(?:sses|xes|ches|shes|zzes)$/.test(plain)) return plain.slice(0, -2);
  if (plain.endsWith("oes")) return plain.slice(0, -2);
  if (plain.endsWith("s")) return forms.base.get(plain.slice(0, -1)) ?? plain.slice(0, -1);
  if (plain.endsWith("ied") && plain.length > 4) return `${plain.slice(0, -3)}y`;
  if (plain.endsWith("ing") && plain.length > 5 && /[aeiouy]/.test(plain.slice(0, -3))) return restore(plain.slice(0, -3));
  if (plain.endsWith("ed") && plain.length > 4 && /[aeiouy]/.test(plain.slice(0, -2)) && !plain.endsWith("eed"))
    return restore(plain.slice(0, -2));
  if (plain.endsWith("ily") && plain.length > 5 && plain !== "family") return `${plain.slice(0, -3)}y`;
  if (plain.endsWith("ly") && plain.length > 6) return plain.slice(0, -2);
  return plain;
}

/** Whether a lower-case word is a verb's past form. */
export function isPast(word: string): boolean {
  return irregularForms().past.has(word) || (word.length > 4 && word.endsWith("ed") && !word.endsWith("eed"));
}

/** Whether a lower-case word can follow "be" as a passive. */
export function isParticiple(word: string): boolean {
  return irregularForms().participle.has(word) || (word.length > 4 && word.endsWith("ed"));
}

function restore(stem: string): string {
  const last = stem.at(-1) ?? "";
  if (last === stem.at(-2) && !"aeioulsz".includes(last)) return stem.slice(0, -1);
  if (/[vz]$|(?:eas|aus|ais|oos|ois)$/.test(stem)) return `${stem}e`;
  if (KEEPS_CONSONANT.test(stem)) return stem;
  return SILENT_E.test(stem) && !/[aeiou]{2}[^aeiou]$/.test(stem) ? `${stem}e` : stem;
}

function british(word: string): string {
  if (word.length < 6) return word === "colour" ? "color" : word;
  if (!/is[eai]|yse|our|re|ce$|ogue|ll/.test(word)) return word;
  return word
    .replace(/is(e|ed|es|ing|er|ers|ation|ations)$/, (whole, ending) =>
      /(?:surpr|adv|exerc|prom|superv|rev|dev|comprom|disgu|enterpr|expert|ra|no|prec|conc|pra|prem|telev)is\w+$/.test(word)
        ? whole
        : `iz${ending}`,
    )
    .replace(/yse(d|s)?$/, "yze$1")
    .replace(/(col|fav|flav|hum|lab|neighb|behavi|harb|hon|vap|rum)our/, "$1or")
    .replace(/(cent|met|theat|fib|lit)re(s?)$/, "$1er$2")
    .replace(/(defen|offen|licen)ce$/, "$1se")
    .replace(/ogue$/, "og")
    .replace(/(trave|cance|mode|labe|signa)ll(ed|ing|er)/, "$1l$2");
}
