import type { CacheHint, JsonObject } from "../../inference";
import { optionalObject } from "../reader";
import type { WireCacheControl, WireRequest } from "./wire";

/** Marks that one request may carry. https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
const MARKS_MAX = 4;

/** The `cache_control` of a block, tool or request. A lifetime that is not known counts as the default one. */
export function readCacheHint(block: JsonObject, at: string): CacheHint | undefined {
  const control = block.cache_control;
  if (control === undefined || control === null) return undefined;
  const ttl = optionalObject(block, "cache_control", at)?.ttl;
  return ttl === "5m" || ttl === "1h" ? { ttl } : {};
}

/** As a spreadable member. */
export function hinted(hint: CacheHint | undefined): { cacheHint?: CacheHint } {
  return hint ? { cacheHint: hint } : {};
}

/** As a spreadable member. */
export function marked(hint: CacheHint | undefined): { cache_control?: WireCacheControl } {
  return hint ? { cache_control: { type: "ephemeral", ...(hint.ttl ? { ttl: hint.ttl } : {}) } } : {};
}

type Marked = { type?: unknown; cache_control?: unknown; content?: unknown };

/**
 * Takes away cache marks beyond the four that the API accepts. A mark covers the whole prompt before it, in the order tools, system,
 * messages, so what serves most is: the request's own mark, the last tool, the last system block, and the latest blocks of the
 * conversation. `body` is this module's to change: it was built by the encoder, and blocks of the client's are copied first.
 */
export function limitCacheMarks(body: WireRequest, warnings: Set<string>): void {
  const budget = MARKS_MAX - (body.cache_control ? 1 : 0);
  const tools = marksIn(body.tools ?? []);
  const system = marksIn(Array.isArray(body.system) ? body.system : []);
  const turns = body.messages.flatMap(({ content }) => (Array.isArray(content) ? marksIn(content) : []));
  const count = tools.length + system.length + turns.length;
  if (count <= budget) return;
  const keep = new Set<Mark>();
  for (const mark of [tools.at(-1), system.at(-1), ...turns.toReversed(), ...system.toReversed(), ...tools.toReversed()]) {
    if (mark && keep.size < budget) keep.add(mark);
  }
  for (const mark of [...tools, ...system, ...turns]) if (!keep.has(mark)) mark.remove();
  warnings.add(`cache_control: a request takes at most ${MARKS_MAX} marks; ${count - budget} of the client's were left out.`);
}

interface Mark {
  remove(): void;
}

function marksIn(blocks: Marked[]): Mark[] {
  return blocks.flatMap((block, index) => {
    const nested = block.type === "tool_result" && Array.isArray(block.content) ? marksIn(block.content) : [];
    return block.cache_control ? [...nested, markAt(blocks, index)] : nested;
  });
}

function markAt(blocks: Marked[], index: number): Mark {
  return {
    remove() {
      const { cache_control: _removed, ...rest } = blocks[index] ?? {};
      blocks[index] = rest;
    },
  };
}
