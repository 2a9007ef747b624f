import { isBase64, isObject, type Json, textOf } from "./check";
import { type ApiError, invalid } from "./errors";
import { fingerprint } from "./random";

/** Anthropic writes the field at fault before its message. */
export function fault(path: string, message: string): ApiError {
  return invalid(`${path}: ${message}`);
}

export function checkExtras(value: Json, path: string, known: readonly string[]): void {
  const stray = Object.keys(value).find((name) => !known.includes(name));
  if (stray !== undefined) throw fault(path === "" ? stray : `${path}.${stray}`, "Extra inputs are not permitted");
}

export function checkTag(value: unknown, path: string, expected: readonly string[]): void {
  if (expected.some((tag) => tag === value)) return;
  if (value === undefined) throw fault(`${path}.type`, "Field required");
  throw fault(
    path,
    `Input tag '${String(value)}' found using 'type' does not match any of the expected tags: ${expected.map((tag) => `'${tag}'`).join(", ")}`,
  );
}

export function checkText(value: unknown, path: string): string {
  if (value === undefined) throw fault(path, "Field required");
  if (typeof value !== "string") throw fault(path, "Input should be a valid string");
  return value;
}

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const;

/** The source of an image or a document. */
export function checkSource(source: unknown, path: string, kind: "image" | "document"): void {
  if (!isObject(source)) throw fault(path, source === undefined ? "Field required" : "Input should be a valid dictionary");
  checkTag(source.type, path, kind === "image" ? ["base64", "url", "file"] : ["base64", "text", "content", "url", "file"]);
  if (source.type === "url" && !/^https?:\/\/\S+$/.test(textOf(source.url)))
    throw fault(`${path}.url.url`, "Only HTTPS URLs are supported.");
  if (source.type === "text") checkText(source.data, `${path}.text.data`);
  if (source.type !== "base64") return;
  const types: readonly string[] = kind === "image" ? IMAGE_TYPES : ["application/pdf"];
  if (!types.some((type) => type === source.media_type)) {
    throw fault(`${path}.base64.media_type`, `Input should be ${types.map((type) => `'${type}'`).join(" or ")}`);
  }
  if (!isBase64(checkText(source.data, `${path}.base64.data`))) throw fault(`${path}.base64.data`, "Invalid base64 data");
}

/** A thinking block's signature: tells later whether its text came back as it was. */
export function signThinking(text: string): string {
  return btoa(`simulated-thinking:${fingerprint(text)}:${fingerprint(`${text}+`)}:${"~".repeat(48)}`);
}

/** The data of a redacted block, which carries its own check. */
export function redactThinking(text: string): string {
  const seal = fingerprint(text);
  return btoa(`simulated-redacted:${seal}:${fingerprint(seal)}`);
}

/** Signatures of this simulator must fit their text; those of others only have to be there. */
export function checkSignature(signature: unknown, text: string, path: string): void {
  const seal = unseal(checkText(signature, `${path}.thinking.signature`));
  if (seal?.[0] === "simulated-thinking" && seal[1] !== fingerprint(text)) throw fault(path, "Invalid `signature` in `thinking` block");
}

export function checkRedacted(data: unknown, path: string): void {
  const seal = unseal(checkText(data, `${path}.redacted_thinking.data`));
  if (seal?.[0] === "simulated-redacted" && seal[2] !== fingerprint(seal[1] ?? ""))
    throw fault(path, "Invalid `data` in `redacted_thinking` block");
}

function unseal(text: string): string[] | undefined {
  return isBase64(text) ? atob(text).split(":") : undefined;
}
