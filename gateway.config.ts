import { defineConfig } from "./src/config";

/** What this deployment serves. Checked at start; a mistake is named, not guessed around. */
export default defineConfig({
  aliases: {
    default: ["anthropic/claude-sonnet-4-6", "openai/gpt-4o", "anthropic/claude-haiku-4-5"],
    fast: ["anthropic/claude-haiku-4-5", "openai/gpt-4o-mini"],
    smart: ["anthropic/claude-opus-4-6", "openai/gpt-4o"],
  },
  models: ["anthropic/claude-opus-4-6", "anthropic/claude-sonnet-4-6", "anthropic/claude-haiku-4-5", "openai/gpt-4o", "openai/gpt-4o-mini"],
  cors: { origins: ["*"], maxAgeSeconds: 7200 },
  limits: { requestBytesMax: 32 * 1024 * 1024, replyBytesMax: 64 * 1024 * 1024, nestingMax: 128 },
  deadlines: { headersMs: 600_000, idleMs: 300_000 },
});
