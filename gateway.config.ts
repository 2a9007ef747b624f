import { defineConfig } from "./src/config";

const opus = "anthropic/claude-opus-4-6";
const sonnet = "anthropic/claude-sonnet-4-6";
const haiku = "anthropic/claude-haiku-4-5";
const gpt = "openai/gpt-4o";
const mini = "openai/gpt-4o-mini";

/** What this deployment serves. Checked at start; a mistake is named, not guessed around. */
export default defineConfig({
  aliases: {
    // When all three fail, the newest stored reply to the same request is served: so replies are stored (in this account's D1, 30 days), cached or not.
    default: { chain: [sonnet, gpt, haiku], cache: { keepForFallback: true } },
    fast: [haiku, mini],
    smart: [opus, gpt],
  },
  models: [
    { model: opus, contextTokensMax: 200_000, outputTokensMax: 128_000, features: ["vision", "documents", "tools"], price: "list" },
    { model: sonnet, contextTokensMax: 200_000, outputTokensMax: 64_000, features: ["vision", "documents", "tools"], price: "list" },
    { model: haiku, contextTokensMax: 200_000, outputTokensMax: 64_000, features: ["vision", "documents", "tools"], price: "list" },
    { model: gpt, contextTokensMax: 128_000, outputTokensMax: 16_384, features: ["vision", "documents", "tools"], price: "list" },
    { model: mini, contextTokensMax: 128_000, outputTokensMax: 16_384, features: ["vision", "documents", "tools"], price: "list" },
  ],
  // What `auto` chooses from: prompts below the threshold go to the small models, others to their task's own.
  tasks: {
    reasoning: { chain: [opus, gpt] },
    coding: { chain: [opus, gpt] },
    generation: { chain: [sonnet, gpt] },
    summarization: { chain: [sonnet, gpt] },
    conversation: { chain: [sonnet, gpt] },
    classification: { chain: [haiku, mini] },
    extraction: { chain: [haiku, mini] },
  },
  auto: { small: [haiku, mini], thresholds: { auto: 0.5, "auto:cheap": 0.75, "auto:best": 0.25 } },
  cors: { origins: ["*"], maxAgeSeconds: 7200 },
  limits: { requestBytesMax: 32 * 1024 * 1024, replyBytesMax: 64 * 1024 * 1024, nestingMax: 128 },
  // What is not said here has the defaults of src/config/failover.ts; an alias may say otherwise for itself: { chain: […], hedge: {}, … }.
  failover: { retry: { roundsMax: 3, baseMs: 1000 }, switchAfterMs: 1200 },
});
