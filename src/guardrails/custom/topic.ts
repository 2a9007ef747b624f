import type { Finding } from "../finding";
import { type BlockList, compileBlockList } from "./block-list";

/** A subject that a key may not be used for, told by its words. */
export interface TopicRule {
  name: string;
  /** Words and phrases of the subject. */
  keywords: readonly string[];
  /** How many different keywords make the text one about the subject; 1 when absent. */
  keywordsMin?: number;
}

export interface Topic {
  /** Every keyword seen, when enough different ones are; nothing otherwise. */
  find(text: string): Finding[];
}

/** A topic rule ready for use. Throws RangeError beyond a block list's limits, or when no text could ever match. */
export function compileTopic({ name, keywords, keywordsMin = 1 }: TopicRule): Topic {
  if (keywordsMin < 1 || keywordsMin > new Set(keywords).size)
    throw new RangeError("a topic needs at least as many keywords as must be seen");
  const list: BlockList = compileBlockList("topic", name, keywords);
  return {
    find(text) {
      const found = list.find(text);
      const different = new Set(found.map(({ start, end }) => text.slice(start, end).normalize("NFKC").toLowerCase()));
      return different.size >= keywordsMin ? found : [];
    },
  };
}
