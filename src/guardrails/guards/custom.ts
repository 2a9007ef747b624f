import type { GuardrailPolicy } from "../../config";
import { compileBlockList, compilePattern, compileTopic } from "../custom";
import type { Guard } from "../guard";

type Listed<Name extends "blockLists" | "patterns" | "topics"> = NonNullable<GuardrailPolicy[Name]>[number];

/** Words and phrases that a policy lists. */
export function blockListGuard({ name, terms, input = "block", output = "block", onFailure = "closed" }: Listed<"blockLists">): Guard {
  const list = compileBlockList(name, "TERM", terms);
  return { name, input, output, onFailure, find: (text) => list.find(text) };
}

/** What an operator's expression matches. */
export function patternGuard({ name, source, input = "block", output = "off", onFailure = "closed" }: Listed<"patterns">): Guard {
  const pattern = compilePattern(name, "PATTERN", source);
  return { name, input, output, onFailure, find: (text) => pattern.find(text) };
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
  return { name, input, output, onFailure, find: (text) => topic.find(text).map((finding) => ({ ...finding, guard: name })) };
}
