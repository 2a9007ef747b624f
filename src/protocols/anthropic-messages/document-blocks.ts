import type { JsonObject, JsonValue } from "../../inference";

/** What stands between the blocks of a document given in blocks, where they are read as one text. */
const SEPARATOR = "\n\n";
/** Where paragraphs meet, and with them blocks. */
const BREAK = /(\n\s*\n)/;

/** The blocks as one text, and by what they are found in it again: their lengths, and how many paragraphs each has. No text is copied. */
export function joinBlocks(blocks: readonly string[]): { text: string; marks: JsonObject } {
  const paragraphs = blocks.map((block) => (block.trim().split(BREAK).length + 1) / 2);
  return { text: blocks.join(SEPARATOR), marks: { lengths: blocks.map((block) => block.length), paragraphs } };
}

/** The blocks that `text` was joined from; where words in it were replaced since, by their paragraphs. One block where these are not as many either. */
export function splitBlocks(text: string, { lengths, paragraphs }: JsonObject): string[] {
  return byLengths(text, numbers(lengths)) ?? byParagraphs(text, numbers(paragraphs)) ?? [text];
}

function byLengths(text: string, lengths: readonly number[]): string[] | undefined {
  const blocks: string[] = [];
  let position = 0;
  for (const length of lengths) {
    blocks.push(text.slice(position, position + length));
    position += length + SEPARATOR.length;
  }
  return blocks.join(SEPARATOR) === text ? blocks : undefined;
}

function byParagraphs(text: string, counts: readonly number[]): string[] | undefined {
  const inner = text.trim();
  const [lead = "", trail = ""] = inner === "" ? [] : text.split(inner, 2);
  // Paragraph, break, paragraph, break, …
  const pieces = inner.split(BREAK);
  if ((pieces.length + 1) / 2 !== counts.reduce((sum, count) => sum + count, 0)) return undefined;
  let next = 0;
  const blocks = counts.map((count) => {
    const words = pieces.slice(next, next + 2 * count - 1).join("");
    next += 2 * count;
    return words + (pieces[next - 1] ?? "").replace(SEPARATOR, "");
  });
  return blocks.map((block, at) => (at === 0 ? lead : "") + block + (at === blocks.length - 1 ? trail : ""));
}

function numbers(value: JsonValue | undefined): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}
