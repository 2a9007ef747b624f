/**
 * Whether an event's data is the usage chunk that `stream_options.include_usage` adds at the end of a stream: no choices, and usage.
 * (Azure's first chunk has no choices either, but no usage.)
 * https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options
 */
export function isUsageChunk(data: string): boolean {
  if (!/"choices"\s*:\s*\[\s*\]/.test(data) || !/"usage"\s*:\s*\{/.test(data)) return false;
  try {
    const chunk: unknown = JSON.parse(data);
    return typeof chunk === "object" && chunk !== null && "choices" in chunk && Array.isArray(chunk.choices) && chunk.choices.length === 0;
  } catch {
    return false;
  }
}
