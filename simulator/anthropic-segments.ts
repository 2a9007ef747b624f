import { checkTag, fault } from "./anthropic-check";
import { arrayOf, type Json, objectOf } from "./check";
import { invalid } from "./errors";
import type { Segment } from "./prompt-cache";
import { countTokens, TOOL_TOKENS } from "./tokens";

/** Tools come first in the cached prompt. */
export function toolSegments(tools: unknown): Segment[] {
  return arrayOf(tools).map((raw, i) => {
    const tool = objectOf(raw);
    const { cache_control: _mark, ...declared } = tool;
    return segment("tool", tool, TOOL_TOKENS + countTokens(JSON.stringify(declared)), `tools.${i}`);
  });
}

/** A piece of prompt for the cache: its content without the mark, and the mark. */
export function segment(role: string, block: Json, tokens: number, path = ""): Segment {
  const { cache_control: mark, ...content } = block;
  const ttl = readMark(mark, path);
  return { text: `${role} ${JSON.stringify(content)}`, tokens, ...(ttl === undefined ? {} : { breakpoint: ttl }) };
}

function readMark(mark: unknown, path: string): "5m" | "1h" | undefined {
  if (mark === undefined || mark === null) return undefined;
  const { type, ttl } = objectOf(mark);
  checkTag(type, `${path}.cache_control`, ["ephemeral"]);
  if (ttl !== undefined && ttl !== "5m" && ttl !== "1h") throw fault(`${path}.cache_control.ephemeral.ttl`, "Input should be '5m' or '1h'");
  return ttl ?? "5m";
}

/** The top-level mark stands for one on the last block. */
export function markLast(segments: Segment[], mark: unknown): void {
  const last = segments.at(-1);
  const ttl = readMark(mark, "cache_control");
  if (last !== undefined && ttl !== undefined) last.breakpoint = ttl;
}

/** At most four marks, and none of an hour after one of five minutes. */
export function checkBreakpoints(segments: Segment[]): void {
  const marks = segments.flatMap(({ breakpoint }) => (breakpoint === undefined ? [] : [breakpoint]));
  if (marks.length > 4) throw invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`);
  if (marks.lastIndexOf("1h") > marks.indexOf("5m") && marks.includes("5m")) {
    throw invalid(
      "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    );
  }
}
