import type { GuardrailPolicy } from "../../config";
import { compileBlockList, compilePattern, compileTopic, PATTERN_MATCH_CHARS_MAX } from "../custom";
import type { Guard } from "../guard";

type Listed<Name extends "blockLists" | "patterns" | "topics"> = NonNullable<GuardrailPolicy[Name]>[number];

/** Words and phrases that a policy lists. */
export function blockListGuard({ name, terms, input = "block", output = "block", onFailure = "closed" }: Listed<"blockLists">): Guard {
  const list = compileBlockList(name, "TERM", terms);
  return { name, input, output, onFailure, find: (text) => list.find(text), mayGrow: (text) => list.mayGrow(text) };
}

/** What an operator's expression matches. */
export function patternGuard({ name, source, input = "block", output = "off", onFailure = "closed" }: Listed<"patterns">): Guard {
  const pattern = compilePattern(name, "PATTERN", source);
  // An expression may have begun anywhere within its longest match.
  const mayGrow = (text: string): number => Math.min(text.length, PATTERN_MATCH_CHARS_MAX);
  return { name, input, output, onFailure, find: (text) => pattern.find(text), mayGrow };
}

/** A subject, told by its words. */
export function topicGuard({
  name,
  keywords,
  keywordsMin = 1,
  input = "block",
  output = "off",
  onFailure = "closed",
}: Listed<"topics">): Guard {
  const topic = compileTopic({ name, keywords, keywordsMin });
  return {
    name,
    input,
    output,
    onFailure,
    isOfWhole: true,
    find: (text) => topic.find(text).map((finding) => ({ ...finding, guard: name })),
  };
}
