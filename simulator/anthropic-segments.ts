import { checkTag, fault } from "./anthropic-check";
import { arrayOf, type Json, objectOf } from "./check";
import { invalid } from "./errors";
import type { Segment, Ttl } from "./prompt-cache";
import { countTokens, TOOL_TOKENS } from "./tokens";

/** Tools come first in the cached prompt. */
export function toolSegments(tools: unknown): Segment[] {
  return arrayOf(tools).map((raw, i) => {
    const tool = objectOf(raw);
    const { cache_control: _mark, ...declared } = tool;
    return segment("tool", tool, TOOL_TOKENS + countTokens(JSON.stringify(declared)), `tools.${i}`);
  });
}

/** A piece of prompt for the cache: its content without the marks, and the marks. */
export function segment(role: string, block: Json, tokens: number, path = ""): Segment {
  const { cache_control: mark, ...content } = block;
  const ttl = readMark(mark, path);
  const inner = block.type === "tool_result" ? innerMarks(block.content, path) : [];
  const bare = inner.length === 0 ? content : { ...content, content: arrayOf(block.content).map(withoutMark) };
  return {
    text: `${role} ${JSON.stringify(bare)}`,
    tokens,
    ...(ttl === undefined ? {} : { breakpoint: ttl }),
    ...(inner.length === 0 ? {} : { inner }),
    ...(block.type === "tool_use" ? { run: "call" } : block.type === "tool_result" ? { run: "result" } : {}),
    ...(block.type === "thinking" || block.type === "redacted_thinking" ? { unmarkable: true } : {}),
  };
}

function innerMarks(content: unknown, path: string): Ttl[] {
  return arrayOf(content).flatMap((block, n) => readMark(objectOf(block).cache_control, `${path}.content.${n}`) ?? []);
}

function withoutMark(block: unknown): Json {
  const { cache_control: _mark, ...content } = objectOf(block);
  return content;
}

function readMark(mark: unknown, path: string): Ttl | undefined {
  if (mark === undefined || mark === null) return undefined;
  const { type, ttl } = objectOf(mark);
  checkTag(type, `${path}.cache_control`, ["ephemeral"]);
  if (ttl !== undefined && ttl !== "5m" && ttl !== "1h") throw fault(`${path}.cache_control.ephemeral.ttl`, "Input should be '5m' or '1h'");
  return ttl ?? "5m";
}

/**
 * What changes the messages' part of the prompt besides the messages: another choice of tools, other thinking. Tools and system prompt stay
 * cached across such a change. https://platform.claude.com/docs/en/build-with-claude/prompt-caching#what-invalidates-the-cache
 */
export function withSettings(conversation: readonly Segment[], { tool_choice, thinking }: Json): Segment[] {
  const settings = JSON.stringify([tool_choice ?? null, thinking ?? null]);
  return conversation.map((piece, index) => (index === 0 ? { ...piece, text: `${settings} ${piece.text}` } : piece));
}

/** The top-level mark stands for one on the last block that can carry one. One more on the same block does nothing, unless they differ. */
export function markLast(segments: Segment[], mark: unknown): void {
  const ttl = readMark(mark, "cache_control");
  const last = segments.findLast(({ unmarkable }) => unmarkable !== true);
  if (last === undefined || ttl === undefined) return;
  if (last.breakpoint !== undefined && last.breakpoint !== ttl)
    throw invalid("cache_control: the last block already has a cache_control with a different ttl.");
  last.breakpoint = ttl;
}

/** At most four marks, and none of an hour after one of five minutes. */
export function checkBreakpoints(segments: readonly Segment[]): void {
  const marks = segments.flatMap(({ breakpoint, inner = [] }) => [...inner, ...(breakpoint === undefined ? [] : [breakpoint])]);
  if (marks.length > 4) throw invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`);
  if (marks.lastIndexOf("1h") > marks.indexOf("5m") && marks.includes("5m")) {
    throw invalid(
      "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    );
  }
}
