import { checkExtras, checkRedacted, checkSignature, checkSource, checkTag, checkText, fault } from "./anthropic-check";
import { segment } from "./anthropic-segments";
import { arrayOf, isObject, type Json, objectOf, textOf } from "./check";
import { invalid } from "./errors";
import { claudeVersion } from "./models";
import type { Segment } from "./prompt-cache";
import { countTokens, DOCUMENT_TOKENS, IMAGE_TOKENS, MESSAGE_TOKENS } from "./tokens";

export interface ConversationRead {
  segments: Segment[];
  lastUserText: string;
  turns: number;
  toolResults: { name: string; text: string }[];
  media: string[];
  endsWithAssistant: boolean;
}

interface Message {
  role: string;
  blocks: Json[];
}

/** Checks the messages, their order and the pairing of tools included, and reads them. */
export function readConversation(value: unknown, model: string, lenient: boolean): ConversationRead {
  if (value === undefined) throw fault("messages", "Field required");
  if (!Array.isArray(value)) throw fault("messages", "Input should be a valid list");
  if (value.length === 0) throw fault("messages", "at least one message is required");
  const messages = value.map((message, i) => checkMessage(message, i, i === value.length - 1, lenient));
  if (messages[0]?.role !== "user") throw fault("messages", 'first message must use the "user" role');
  for (const [i, message] of messages.entries()) {
    if (message.role === "system") checkSystemTurn(messages, i, model);
    else checkPairs(messages, i);
  }
  const last = messages.at(-1);
  const ending = last?.blocks.at(-1);
  if (last?.role === "assistant" && /\s$/.test(textOf(ending?.text)))
    throw fault("messages", "final assistant content cannot end with trailing whitespace");
  const users = messages.filter(({ role }) => role === "user");
  const lastUser = users.at(-1)?.blocks ?? [];
  return {
    segments: messages.flatMap(({ role, blocks }, i) =>
      blocks.map((block, k) => segment(role, block, tokensOf(block) + (k === 0 ? MESSAGE_TOKENS : 0), `messages.${i}.content.${k}`)),
    ),
    lastUserText: lastUser.flatMap((block) => (block.type === "text" ? [textOf(block.text)] : [])).join("\n"),
    turns: messages.filter(({ role }) => role !== "system").length,
    toolResults: last?.role === "user" ? resultsOf(last, messages) : [],
    media: lastUser.flatMap((block) => (block.type === "image" || block.type === "document" ? [block.type] : [])),
    endsWithAssistant: last?.role === "assistant",
  };
}

const BLOCKS: Record<string, { roles: readonly string[]; fields: readonly string[] }> = {
  text: { roles: ["user", "assistant", "system"], fields: ["type", "text", "cache_control", "citations"] },
  image: { roles: ["user"], fields: ["type", "source", "cache_control", "transformations"] },
  document: { roles: ["user"], fields: ["type", "source", "title", "context", "citations", "cache_control"] },
  tool_result: { roles: ["user"], fields: ["type", "tool_use_id", "content", "is_error", "cache_control"] },
  tool_use: { roles: ["assistant"], fields: ["type", "id", "name", "input", "cache_control", "caller", "toolset_name"] },
  thinking: { roles: ["assistant"], fields: ["type", "thinking", "signature"] },
  redacted_thinking: { roles: ["assistant"], fields: ["type", "data"] },
};

/** Blocks of server tools and other features: taken as they are. */
const OTHER_BLOCKS =
  /^(?:search_result|server_tool_use|mcp_tool_use|mcp_tool_result|container_upload|compaction|tool_reference|fallback|mid_conv_\w+|\w+_tool_result)$/;

function checkMessage(message: unknown, i: number, isLast: boolean, lenient: boolean): Message {
  const path = `messages.${i}`;
  if (!isObject(message)) throw fault(path, "Input should be a valid dictionary");
  const role = checkText(message.role, `${path}.role`);
  if (!lenient) checkExtras(message, path, ["role", "content"]);
  if (role !== "user" && role !== "assistant" && role !== "system") {
    throw fault("messages", `Unexpected role "${role}". Allowed roles are "user" or "assistant".`);
  }
  const { content } = message;
  if (content === undefined) throw fault(`${path}.content`, "Field required");
  if (typeof content !== "string" && !Array.isArray(content)) throw fault(`${path}.content`, "Input should be a valid list");
  if (content.length === 0 && !(isLast && role === "assistant")) {
    throw fault(path, "all messages must have non-empty content except for the optional final assistant message");
  }
  if (typeof content === "string") return { role, blocks: content === "" ? [] : [{ type: "text", text: content }] };
  for (const [k, block] of content.entries()) checkBlock(block, role, `${path}.content.${k}`, lenient);
  return { role, blocks: content };
}

function checkBlock(block: unknown, role: string, path: string, lenient: boolean): asserts block is Json {
  if (!isObject(block)) throw fault(path, "Input should be a valid dictionary");
  const type = textOf(block.type);
  if (OTHER_BLOCKS.test(type)) return;
  checkTag(block.type, path, Object.keys(BLOCKS));
  const rule = BLOCKS[type];
  if (rule === undefined) return;
  if (!rule.roles.includes(role))
    throw fault(path.replace(/\.content\.\d+$/, ""), `\`${type}\` blocks can only be in \`${rule.roles[0]}\` messages`);
  if (!lenient) checkExtras(block, `${path}.${type}`, rule.fields);
  if (type === "text") checkWords(checkText(block.text, `${path}.text.text`), path, isObject(block.cache_control));
  if (type === "image" || type === "document") checkSource(block.source, `${path}.${type}.source`, type);
  if (type === "thinking") checkSignature(block.signature, checkText(block.thinking, `${path}.thinking.thinking`), path);
  if (type === "redacted_thinking") checkRedacted(block.data, path);
  if (type === "tool_use") {
    if (!/^[a-zA-Z0-9_-]+$/.test(checkText(block.id, `${path}.tool_use.id`))) {
      throw fault(`${path}.tool_use.id`, "String should match pattern '^[a-zA-Z0-9_-]+$'");
    }
    checkText(block.name, `${path}.tool_use.name`);
    if (!isObject(block.input))
      throw fault(`${path}.tool_use.input`, block.input === undefined ? "Field required" : "Input should be a valid dictionary");
  }
  if (type === "tool_result") {
    checkText(block.tool_use_id, `${path}.tool_result.tool_use_id`);
    if (block.content === undefined || typeof block.content === "string") return;
    if (!Array.isArray(block.content)) throw fault(`${path}.tool_result.content`, "Input should be a valid list");
    for (const [n, inner] of block.content.entries()) checkBlock(inner, "user", `${path}.tool_result.content.${n}`, lenient);
  }
}

function checkWords(text: string, path: string, isMarked: boolean): void {
  if (text === "" && isMarked) throw fault(`${path}.text`, "cache_control cannot be set for empty text blocks");
  if (text === "") throw fault("messages", "text content blocks must be non-empty");
  if (text.trim() === "") throw fault("messages", "text content blocks must contain non-whitespace text");
}

/** Calls are answered at the start of the very next message, and nothing else is. */
function checkPairs(messages: Message[], i: number): void {
  const { role, blocks } = messages[i] ?? { role: "", blocks: [] };
  if (role === "assistant") {
    const asked = idsOf(blocks, "tool_use", "id");
    const next = messages.slice(i + 1).find((message) => message.role !== "system");
    if (asked.length === 0) return;
    const leading = (next?.blocks ?? []).slice(0, (next?.blocks ?? []).findLastIndex(({ type }) => type === "tool_result") + 1);
    const answered =
      next?.role === "user" && leading.every(({ type }) => type === "tool_result") ? idsOf(leading, "tool_result", "tool_use_id") : [];
    const open = asked.filter((id) => !answered.includes(id));
    if (open.length === 0) return;
    throw invalid(
      `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
  const previous = messages.slice(0, i).findLast((message) => message.role !== "system");
  const asked = previous?.role === "assistant" ? idsOf(previous.blocks, "tool_use", "id") : [];
  for (const [k, block] of blocks.entries()) {
    if (block.type !== "tool_result" || asked.includes(textOf(block.tool_use_id))) continue;
    throw invalid(
      `messages.${i}.content.${k}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${textOf(block.tool_use_id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    );
  }
}

function idsOf(blocks: Json[], type: string, field: string): string[] {
  return blocks.flatMap((block) => (block.type === type ? [textOf(block[field])] : []));
}

/** System turns: from Opus 4.8 on, after a user's turn and before the assistant's, or at the end. */
function checkSystemTurn(messages: Message[], i: number, model: string): void {
  const version = claudeVersion(model);
  if (version !== undefined && version < 4.8) throw fault(`messages.${i}`, "role 'system' is not supported on this model");
  if (messages[i - 1]?.role !== "user") throw fault(`messages.${i}`, "role 'system' must follow a 'user' message");
  const next = messages[i + 1]?.role;
  if (next !== undefined && next !== "assistant")
    throw fault(`messages.${i}`, "role 'system' must precede an 'assistant' message or end the array");
}

function tokensOf(block: Json): number {
  if (block.type === "image") return IMAGE_TOKENS;
  if (block.type === "document") {
    const source = objectOf(block.source);
    return source.type === "text" ? countTokens(textOf(source.data)) : DOCUMENT_TOKENS;
  }
  if (block.type === "tool_result" && Array.isArray(block.content))
    return block.content.reduce<number>((sum, inner) => sum + tokensOf(objectOf(inner)), MESSAGE_TOKENS);
  const texts = [block.text, block.thinking, block.content, block.name].map(textOf).join("");
  return countTokens(texts) + (block.input === undefined ? 0 : countTokens(JSON.stringify(block.input)));
}

function resultsOf(last: Message, messages: Message[]): { name: string; text: string }[] {
  const calls = messages.flatMap(({ blocks }) => blocks.filter(({ type }) => type === "tool_use"));
  return last.blocks
    .filter(({ type }) => type === "tool_result")
    .map((result) => ({
      name: textOf(calls.findLast(({ id }) => id === result.tool_use_id)?.name) || "unknown",
      text:
        typeof result.content === "string"
          ? result.content
          : arrayOf(result.content)
              .map((inner) => textOf(objectOf(inner).text))
              .join(""),
    }));
}
