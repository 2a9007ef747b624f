import type { Ask } from "./ask";
import { pieces } from "./tokens";

const EXCERPT_CHARS_MAX = 200;

/**
 * The text of a reply: says at once that it is simulated, quotes what it was told, and holds what trips text plumbing up (markdown,
 * accents, CJK, emoji, numbers). `choice` counts the alternatives of one request from 0.
 */
export function composeText(ask: Ask, choice: number): string {
  const mark = choice === 0 ? "(simulated)" : `(simulated, choice ${choice + 1})`;
  const prompt = withoutMarkers(ask.lastUserText);
  const opening =
    ask.toolResults.length > 0
      ? ask.toolResults.map(({ name, text }) => `The tool ${name} answered: “${excerpt(text)}”.`).join(" ")
      : prompt === ""
        ? "You sent no text."
        : `You said: “${excerpt(prompt)}”.`;
  const seen = ask.media.length === 0 ? "" : ` I received ${countMedia(ask.media)}.`;
  const words = prompt.split(/\s+/u).filter((word) => word !== "");
  return [
    `${mark} ${opening}${seen}`,
    `**In numbers:** ${words.length} words, ${prompt.length} characters, turn ${ask.turns}.`,
    `1. Naïve café, 東京 ✓ 🙂\n2. Longest word: \`${longest(words)}\`\n3. 3.14 × 2 = 6.28`,
  ].join("\n\n");
}

/** A text of exactly `count` tokens that begins like `text`: cut, or continued line by line. */
export function stretch(text: string, count: number): string[] {
  const result = pieces(text);
  for (let line = 1; result.length < count; line += 1) {
    result.push(...pieces(`\nLine ${line}: the quick café 東京 ${line * 7} ✓ and so on.`));
  }
  return result.slice(0, count);
}

export function composeReasoning(ask: Ask): string {
  const task =
    ask.toolResults.length > 0 ? "The tools have answered; I can sum up." : `I am asked: “${excerpt(withoutMarkers(ask.lastUserText))}”.`;
  return `(simulated reasoning) ${task}\n\nStep 1: read. Step 2: weigh — naïve or not? Step 3: answer.`;
}

export const REFUSAL = "(simulated) I'm sorry, but I can't help with that.";

export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  return line.length <= EXCERPT_CHARS_MAX ? line : `${wholeCharacters(line.slice(0, EXCERPT_CHARS_MAX))}…`;
}

/** Drops half of a surrogate pair at the end. */
function wholeCharacters(text: string): string {
  return text.isWellFormed() ? text : text.slice(0, -1);
}

/** The prompt without `[[…]]` directives. */
export function withoutMarkers(prompt: string): string {
  return prompt.replaceAll(/\[\[(?:sim:|case:|refuse)[^\]]*\]\]/g, "").trim();
}

function countMedia(media: string[]): string {
  const kinds = [...new Set(media)];
  return kinds
    .map((kind) => {
      const n = media.filter((other) => other === kind).length;
      return n === 1 ? `1 ${kind}` : `${n} ${kind}s`;
    })
    .join(" and ");
}

function longest(words: string[]): string {
  const word = words.reduce((best, other) => (other.length > best.length ? other : best), "");
  return word.length <= 40 ? word : wholeCharacters(word.slice(0, 40));
}
