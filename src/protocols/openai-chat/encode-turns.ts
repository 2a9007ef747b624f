import { badRequest } from "../../core/errors";
import type { AudioPart, DocumentPart, ImagePart, JsonObject, Part, ToolResultPart, Turn } from "../../inference";
import { wireCallId } from "./call-ids";
import { encodeToolCall } from "./encode-response";
import type { EncodeScope } from "./encode-scope";
import { isLegacy, kept } from "./leftovers";
import { quote } from "./quote";
import { encodeReasoning, isReasoningDetail } from "./reasoning";
import {
  asWritten,
  type WireAssistantMessage,
  type WireAudio,
  type WireImage,
  type WireMessage,
  type WirePart,
  type WireText,
  type WireToolCall,
  type WireToolMessage,
} from "./wire";

/**
 * Messages of the wire. Cache hints are not written: models behind this wire cache by themselves, and most vendors refuse fields that they
 * do not know.
 */
export function encodeTurns(turns: readonly Turn[], scope: EncodeScope): JsonObject[] {
  const messages: JsonObject[] = [];
  const namesById = new Map<string, string>();
  for (const turn of turns) {
    for (const field of Object.keys(turn.extensions?.["anthropic-messages"] ?? {})) {
      scope.warnings.add(`The field ${quote(field)} of a message was left out: this protocol has no such field.`);
    }
    switch (turn.role) {
      case "system":
      case "user":
        messages.push(encodeSpoken(turn, scope));
        break;
      case "assistant":
        messages.push(encodeAssistant(turn, namesById, scope));
        break;
      case "tool":
        messages.push(...encodeResults(turn, namesById, scope));
        break;
    }
  }
  return messages;
}

function encodeSpoken(turn: Turn, scope: EncodeScope): JsonObject {
  const { role: nativeRole, ...rest } = kept(turn);
  const content = encodeContent(turn.parts, scope);
  const message: WireMessage =
    turn.role === "system"
      ? {
          role: nativeRole === "developer" && scope.capabilities.developerRole ? "developer" : "system",
          content: textOnly(content, "A system message"),
        }
      : { role: "user", content: joined(content) };
  addName(message, turn, scope);
  return { ...rest, ...message };
}

function encodeAssistant(turn: Turn, namesById: Map<string, string>, scope: EncodeScope): JsonObject {
  const { tool_calls: unknownCalls, ...rest } = kept(turn);
  const calls: WireToolCall[] = [];
  let legacy = false;
  const spoken: Part[] = [];
  let refusal = "";
  for (const part of turn.parts) {
    if (part.type === "tool-call") {
      namesById.set(part.id, part.name);
      legacy = isLegacy(part);
      calls.push(encodeToolCall({ ...part, id: wireCallId(part.id), name: scope.names.sent(part.name) }));
    } else if (part.type === "refusal") refusal += part.text;
    else if (part.type === "text" || (part.type === "opaque" && !isReasoningDetail(part))) spoken.push(part);
    else if (part.type === "image" || part.type === "document" || part.type === "audio" || part.type === "tool-result") {
      throw badRequest("messages", `An assistant message cannot hold a ${part.type} for this model.`);
    }
  }
  const content = textOnly(encodeContent(spoken, scope), "An assistant message");
  const message: WireAssistantMessage = { role: "assistant", content: content === "" ? emptyContent(calls, refusal) : content };
  addName(message, turn, scope);
  if (refusal !== "") message.refusal = refusal;
  addReasoning(message, turn.parts, scope);
  const [only] = calls;
  if (legacy && only?.type === "function" && calls.length === 1) message.function_call = only.function;
  else if (calls.length > 0) message.tool_calls = calls;
  if (Array.isArray(unknownCalls)) message.tool_calls = [...calls, ...unknownCalls.map((call) => asWritten<WireToolCall>(call))];
  return { ...rest, ...message };
}

function emptyContent(calls: WireToolCall[], refusal: string): null | "" {
  return calls.length > 0 || refusal !== "" ? null : "";
}

function addName(message: { name?: string }, { name }: Turn, { capabilities, warnings }: EncodeScope): void {
  if (name === undefined) return;
  if (capabilities.speakerNames === false) warnings.add("messages: `name` was left out: this model's provider refuses it.");
  else message.name = name;
}

/** Earlier reasoning in the field that the upstream takes back, or not at all. */
function addReasoning(message: WireAssistantMessage, parts: readonly Part[], { capabilities, warnings }: EncodeScope): void {
  const { text, details } = encodeReasoning(parts, false);
  if (text === "" && !details) return;
  const field = capabilities.reasoningHistoryField;
  switch (field) {
    case "none":
      warnings.add("Reasoning of earlier replies was left out: the model does not take it back.");
      return;
    case "reasoning_content":
    case "reasoning":
      if (text !== "") message[field] = text;
      if (details) warnings.add("Signatures and encrypted blocks of earlier reasoning were left out: the model takes back its text only.");
      return;
    case "reasoning_details":
      if (details) message.reasoning_details = details;
      // Without a signature there is no detail to send; the plain field says the same.
      if (text !== "" && !details?.some((detail) => detail.type === "reasoning.text")) message.reasoning_content = text;
      return;
  }
}

/**
 * A tool message takes text only. Images and documents of a result follow in a user message after all results of the turn, each announced
 * by the id of its call, so that the model can still tell them apart. A failed result has no field either: its text begins with "Error".
 */
function encodeResults(turn: Turn, namesById: ReadonlyMap<string, string>, scope: EncodeScope): JsonObject[] {
  const messages: JsonObject[] = [];
  const moved: WirePart[] = [];
  const others: Part[] = [];
  for (const part of turn.parts) {
    if (part.type !== "tool-result") {
      others.push(part);
      continue;
    }
    const texts: Part[] = [];
    const media: Part[] = [];
    for (const piece of part.content) {
      const isMedia = piece.type === "image" || (piece.type === "document" && piece.source.kind !== "text");
      (isMedia ? media : texts).push(piece);
    }
    if (media.length > 0) {
      moved.push({ type: "text", text: `Attached to the result of tool call ${wireCallId(part.callId)}:` }, ...encodeContent(media, scope));
      scope.warnings.add("Images and documents in tool results were moved to a user message after them: a tool message takes text only.");
    }
    const content = withError(part, joinedText(encodeContent(texts, scope), media.length > 0));
    const name = isLegacy(part) ? namesById.get(part.callId) : undefined;
    if (name === undefined)
      messages.push({ ...kept(part), ...({ role: "tool", tool_call_id: wireCallId(part.callId), content } satisfies WireToolMessage) });
    else messages.push({ role: "function", name: scope.names.sent(name), content: plainText(content) });
  }
  const follow = [...moved, ...encodeContent(others, scope)];
  if (follow.length > 0) messages.push({ role: "user", content: joined(follow) });
  return messages;
}

function withError(result: ToolResultPart, content: string | WireText[]): string | WireText[] {
  if (result.isError !== true) return content;
  const first = typeof content === "string" ? content : (content[0]?.text ?? "");
  if (/^\s*error/i.test(first)) return content;
  return typeof content === "string" ? `Error: ${content}` : [{ type: "text", text: "Error:" }, ...content];
}

function encodeContent(parts: readonly Part[], scope: EncodeScope): WirePart[] {
  const content: WirePart[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
        if (part.citations) scope.warnings.add("Citations of earlier replies were left out: this protocol cannot send them back.");
        content.push({ type: "text", text: part.text });
        break;
      case "image":
        content.push({ ...kept(part), ...encodeImage(part, scope) });
        break;
      case "document":
        content.push({ ...kept(part), ...encodeDocument(part, scope) });
        break;
      case "audio":
        content.push(encodeAudio(part, scope));
        break;
      case "refusal":
        content.push({ type: "text", text: part.text });
        break;
      case "opaque":
        if (part.protocol === "openai-chat") content.push(asWritten<WirePart>(part.value));
        else scope.warnings.add(`A part of type ${quote(part.value.type)} was left out of the conversation: only its own protocol has it.`);
        break;
      case "reasoning":
      case "redacted-reasoning":
        scope.warnings.add("Reasoning outside of assistant messages was left out.");
        break;
      case "tool-call":
      case "tool-result":
        throw badRequest("messages", `A ${part.type} stands in a message that cannot hold it.`);
    }
  }
  return content;
}

function encodeImage({ source, detail }: ImagePart, { capabilities }: EncodeScope): WireImage {
  if (!capabilities.images) throw badRequest("messages", "The model takes no images: remove them, or choose a model that does.");
  switch (source.kind) {
    case "url":
      return imageAt(source.url, detail);
    case "base64":
      return imageAt(`data:${source.mediaType};base64,${source.data}`, detail);
    case "file":
    case "text":
      throw badRequest("messages", "An image must be given as a URL or as base64 data for this model.");
  }
}

function imageAt(url: string, detail: string | undefined): WireImage {
  const image: WireImage = { type: "image_url", image_url: { url } };
  if (detail !== undefined) image.image_url.detail = asWritten<"auto">(detail); // another word is the upstream's to refuse
  return image;
}

function encodeDocument({ source, title, context, citations }: DocumentPart, { capabilities, warnings }: EncodeScope): WirePart {
  if (citations) warnings.add("Citations of documents were not asked for: this protocol has none.");
  if (source.kind === "text") {
    // The wire has no text documents; as text, introduced by its title, the model reads the same.
    return { type: "text", text: [title, context, source.text].filter((piece) => piece !== undefined && piece !== "").join("\n\n") };
  }
  if (!capabilities.documents) throw badRequest("messages", "The model takes no documents: remove them, or choose a model that does.");
  if (context !== undefined) warnings.add("The context of a document was left out: this protocol has no field for it.");
  switch (source.kind) {
    case "url":
      throw badRequest("messages", "A document must be given as base64 data for this model: it does not fetch URLs.");
    case "base64":
      // A file without a name is refused.
      return {
        type: "file",
        file: {
          file_data: `data:${source.mediaType};base64,${source.data}`,
          filename: title ?? `document.${extensionOf(source.mediaType)}`,
        },
      };
    case "file":
      return { type: "file", file: { file_id: source.fileId, ...(title === undefined ? {} : { filename: title }) } };
  }
}

function extensionOf(mediaType: string): string {
  return /^[a-z0-9]+\/([a-z0-9]{1,8})$/i.exec(mediaType)?.[1]?.toLowerCase() ?? "bin";
}

function encodeAudio({ data, format }: AudioPart, { capabilities }: EncodeScope): WireAudio {
  if (!capabilities.audio) throw badRequest("messages", "The model takes no audio: remove it, or choose a model that does.");
  return { type: "input_audio", input_audio: { data, format: asWritten<"wav">(format) } }; // another format is the upstream's to refuse
}

/** One text alone is a plain string, which every vendor takes. */
function joined(content: WirePart[]): string | WirePart[] {
  const [only] = content;
  if (only === undefined) return "";
  return content.length === 1 && only.type === "text" ? only.text : content;
}

/** Texts of a message that takes nothing else; parts that only this wire knows may stand among them. */
function textOnly(content: WirePart[], where: string): string | WireText[] {
  for (const { type } of content) {
    if (type === "image_url" || type === "file" || type === "input_audio") {
      throw badRequest("messages", `${where} can hold text only for this model.`);
    }
  }
  const text = joined(content);
  return typeof text === "string" ? text : text.map((part) => asWritten<WireText>(part));
}

function joinedText(content: WirePart[], mediaFollow: boolean): string | WireText[] {
  const text = textOnly(content, "A tool message");
  return text === "" && mediaFollow ? "The result is attached below." : text;
}

function plainText(content: string | WireText[]): string {
  return typeof content === "string" ? content : content.map((part) => part.text).join("");
}
