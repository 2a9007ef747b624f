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
  // What is not said here has the defaults of src/config/failover.ts; an alias may say otherwise for itself: { chain: […], hedge: {}, … }.
  failover: { retry: { roundsMax: 3, baseMs: 1000 }, switchAfterMs: 1200 },
});
