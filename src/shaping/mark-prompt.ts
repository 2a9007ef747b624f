import type {
  CacheHint,
  CacheMark,
  DocumentPart,
  ImagePart,
  InferenceRequest,
  JsonObject,
  Part,
  TextPart,
  Tool,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from "../inference";
import type { TokenCounter } from "./count";
import { leadingSystem } from "./prompt-prefix";

/** Marks that one request may carry, the caller's own counted. https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
const MARKS_MAX = 4;

export interface MarkOptions {
  /** Shortest prefix that the model caches, in tokens. */
  tokensMin: number;
  counter: TokenCounter;
  /** Lifetime of what stands before the conversation, and of the conversation. Absent: the provider's default, five minutes. */
  staticTtl?: "5m" | "1h";
  conversationTtl?: "5m" | "1h";
  /**
   * Mark the conversation although the assistant has said nothing yet. Most requests without a history are never followed by one that could
   * read what they wrote, so that it does not pay unless the caller is known to go on.
   */
  opening?: boolean;
}

/**
 * Where marks pay: the end of the tools, the end of the system prompt, the end of what the user or the tools said last, and the ends of what
 * they said before the assistant's latest replies. The last is where the request before this one had its last mark, so that this one reads
 * what that one wrote however many blocks lie between (the provider looks back over 20 only). None where the caller set any mark, and none
 * on prefixes below the model's minimum.
 */
export function markPromptCache(request: InferenceRequest, options: MarkOptions): CacheMark[] {
  if (hasMarks(request)) return [];
  const anchors = [...staticAnchors(request), ...conversationAnchors(request, options.opening ?? false)];
  const long = anchors.filter(anchorFilter(request, options));
  const fixed = long.filter(({ isStatic }) => isStatic);
  const moving = long.filter(({ isStatic }) => !isStatic).slice(-(MARKS_MAX - fixed.length));
  const { staticTtl, conversationTtl } = options;
  // The provider refuses a mark of an hour behind one of five minutes.
  const isShort = conversationTtl === "1h" && fixed.length > 0 && staticTtl !== "1h";
  const hint = (ttl: CacheHint["ttl"]): CacheHint => (ttl === undefined ? {} : { ttl });
  return [
    ...fixed.map(({ at, index }): CacheMark => ({ at, index, ...hint(staticTtl) })),
    ...moving.map(({ at, index }): CacheMark => ({ at, index, ...hint(isShort ? undefined : conversationTtl) })),
  ];
}

/** The request with the marks as cache hints, for an encoder to write. */
export function withMarks(request: InferenceRequest, marks: readonly CacheMark[]): InferenceRequest {
  if (marks.length === 0) return request;
  const hints = (at: CacheMark["at"]): Map<number, CacheHint> =>
    new Map(marks.flatMap((mark) => (mark.at === at ? [[mark.index, mark.ttl ? { ttl: mark.ttl } : {}]] : [])));
  const [onTools, onParts] = [hints("tool"), hints("part")];
  let ordinal = 0;
  const turns = request.turns.map((turn): Turn => {
    const first = ordinal;
    ordinal += turn.parts.length;
    if (!turn.parts.some((_part, offset) => onParts.has(first + offset))) return turn;
    return { ...turn, parts: turn.parts.map((part, offset) => hinted(part, onParts.get(first + offset))) };
  });
  const tools = request.tools?.map((tool, index) => {
    const hint = onTools.get(index);
    return hint && tool.kind === "function" ? { ...tool, cacheHint: hint } : tool;
  });
  return { ...request, turns, ...(tools ? { tools } : {}) };
}

function hinted(part: Part, hint: CacheHint | undefined): Part {
  return hint && takesMark(part) ? { ...part, cacheHint: hint } : part;
}

/** Whether the caller set a mark anywhere. */
export function hasMarks(request: InferenceRequest): boolean {
  return longestMark(request) !== undefined;
}

/** Of the caller's marks (on the request, a tool, a part, or inside a tool's result) the longest lifetime. Schemas are not looked into. */
export function longestMark({ cacheHint, tools = [], turns }: InferenceRequest): "5m" | "1h" | undefined {
  const hintOfValue = ({ cache_control: mark }: JsonObject): CacheHint[] => {
    if (mark === undefined || mark === null) return [];
    return [typeof mark === "object" && !Array.isArray(mark) && mark.ttl === "1h" ? { ttl: "1h" } : {}];
  };
  const hintsOf = (part: Part): CacheHint[] => {
    if (part.type === "opaque") return hintOfValue(part.value);
    const inner = part.type === "tool-result" ? part.content.flatMap(hintsOf) : [];
    return "cacheHint" in part && part.cacheHint !== undefined ? [part.cacheHint, ...inner] : inner;
  };
  const hintsOfTool = (tool: Tool): CacheHint[] => {
    if (tool.kind === "opaque") return hintOfValue(tool.value);
    return tool.kind === "function" && tool.cacheHint !== undefined ? [tool.cacheHint] : [];
  };
  const hints = [...(cacheHint ? [cacheHint] : []), ...tools.flatMap(hintsOfTool), ...turns.flatMap(({ parts }) => parts.flatMap(hintsOf))];
  if (hints.length === 0) return undefined;
  return hints.some(({ ttl }) => ttl === "1h") ? "1h" : "5m";
}

/** A place that could be marked; `turns`: how many turns lie wholly or in part before its end, 0 for the tools. */
interface Anchor {
  at: CacheMark["at"];
  index: number;
  turns: number;
  isStatic: boolean;
}

function staticAnchors({ tools = [], turns }: InferenceRequest): Anchor[] {
  const lastTool = tools.findLastIndex(isMarkableTool);
  const system = leadingSystem(turns).length;
  const systemEnd = lastMarkable(turns, 0, system, (role) => role === "system");
  return [
    ...(lastTool < 0 ? [] : [{ at: "tool" as const, index: lastTool, turns: 0, isStatic: true }]),
    ...(systemEnd === undefined ? [] : [{ at: "part" as const, index: systemEnd, turns: system, isStatic: true }]),
  ];
}

/** Ends of the stretches that the user and the tools speak in, between replies of the assistant's. */
function conversationAnchors({ turns }: InferenceRequest, opening: boolean): Anchor[] {
  if (!opening && !turns.some(({ role }) => role === "assistant")) return [];
  const anchors: Anchor[] = [];
  let from = leadingSystem(turns).length;
  for (let index = from; index <= turns.length; index += 1) {
    if (index < turns.length && turns[index]?.role !== "assistant") continue;
    const end = lastMarkable(turns, from, index, (role) => role !== "system");
    if (end !== undefined) anchors.push({ at: "part", index: end, turns: index, isStatic: false });
    from = index + 1;
  }
  return anchors;
}

/** The ordinal of the last part in those of `turns[from, to)` whose role is right that can carry a mark. */
function lastMarkable(turns: readonly Turn[], from: number, to: number, isRight: (role: Turn["role"]) => boolean): number | undefined {
  let ordinal = turns.slice(0, from).reduce((sum, { parts }) => sum + parts.length, 0);
  let last: number | undefined;
  for (const { role, parts } of turns.slice(from, to)) {
    for (const part of parts) {
      if (takesMark(part) && isRight(role)) last = ordinal;
      ordinal += 1;
    }
  }
  return last;
}

/** Keeps anchors whose prefix is long enough. Counts no further than it has to: the longest prompts are the dearest to count. */
function anchorFilter(request: InferenceRequest, { counter, tokensMin }: MarkOptions): (anchor: Anchor) => boolean {
  let tokens: number | undefined;
  let counted = 0;
  return ({ turns }) => {
    tokens ??= counter.rest(request);
    while (counted < turns && tokens < tokensMin) {
      const turn = request.turns[counted];
      if (turn) tokens += counter.turn(turn);
      counted += 1;
    }
    return tokens >= tokensMin;
  };
}

function takesMark(part: Part): part is TextPart | ImagePart | DocumentPart | ToolCallPart | ToolResultPart {
  switch (part.type) {
    case "text":
      return part.text.trim() !== "";
    case "image":
    case "document":
    case "tool-call":
    case "tool-result":
      return true;
    case "audio":
    case "reasoning":
    case "redacted-reasoning":
    case "refusal":
    case "opaque":
      return false;
  }
}

/** A tool whose definition is loaded later is no part of the prefix, and its mark is refused. */
function isMarkableTool(tool: Tool): boolean {
  return tool.kind === "function" && tool.extensions?.["anthropic-messages"]?.defer_loading !== true;
}
