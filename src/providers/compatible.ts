import type { Capabilities } from "../inference";
import { openaiShaped } from "./openai";
import type { ModelRule, Provider } from "./provider";

/** What a row says; the rest follows from the vendor speaking OpenAI's chat wire. */
interface Row {
  name: string;
  baseUrl: string | null;
  /** Prefix of the secrets' names: `GROQ` → `GROQ_API_KEY`, `GROQ_BASE_URL`. */
  env: string;
  pricesId?: string;
  auth?: Provider["auth"];
  bareModels?: RegExp;
  set?: Partial<Capabilities>;
  models?: readonly ModelRule[];
}

/** For vendors whose models differ: more than any takes is for the vendor to refuse, a lower guess would cut what it can write. */
const OUTPUT_TOKENS_MAX_UNKNOWN = 131_072;

const thinksInContent = { reasoning: "effort", reasoningHistoryField: "reasoning_content" } as const satisfies Partial<Capabilities>;

/**
 * Vendors and servers that speak OpenAI's chat wire, a row each. A vendor that is not here is reached by giving one of the
 * generic rows (`compatible`, `vllm`) a base URL.
 */
const rows: Record<string, Row> = {
  azure: {
    name: "Azure OpenAI",
    // https://{resource}.openai.azure.com/openai/v1: the versionless surface, model = deployment name.
    baseUrl: null,
    env: "AZURE_OPENAI",
    auth: "api-key",
    pricesId: "azure",
    set: { documents: true, developerRole: true, outputCapField: "max_completion_tokens" },
    models: [{ match: /^(gpt-[5-9]|o[1-9])/, set: { outputTokensMax: 100_000, reasoning: "effort", sampling: "fixed" } }],
  },
  cerebras: {
    name: "Cerebras",
    baseUrl: "https://api.cerebras.ai/v1",
    env: "CEREBRAS",
    pricesId: "cerebras",
    set: { images: false, outputCapField: "max_completion_tokens", multipleChoices: false },
  },
  cloudflare: {
    name: "Cloudflare Workers AI",
    // https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1
    baseUrl: null,
    env: "WORKERS_AI",
    pricesId: "cloudflare",
    set: { multipleChoices: false, logprobs: false },
  },
  compatible: { name: "OpenAI-compatible server", baseUrl: null, env: "COMPATIBLE" },
  deepinfra: { name: "DeepInfra", baseUrl: "https://api.deepinfra.com/v1/openai", env: "DEEPINFRA" },
  deepseek: {
    name: "DeepSeek",
    baseUrl: "https://api.deepseek.com",
    env: "DEEPSEEK",
    pricesId: "deepseek",
    bareModels: /^deepseek-/,
    // No schema output, only json_object; reasoning_content goes back with tool calls. Sizes and images:
    // https://api-docs.deepseek.com/quick_start/pricing · levels of effort: https://api-docs.deepseek.com/guides/thinking_mode
    set: {
      images: false,
      structuredOutput: "tool",
      multipleChoices: false,
      contextTokensMax: 1_000_000,
      outputTokensMax: 384_000,
      ...thinksInContent,
      reasoningEfforts: ["low", "high", "max"],
    },
    models: [{ match: /^deepseek-(v4-)?flash/, set: { images: true } }],
  },
  fireworks: {
    name: "Fireworks",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    env: "FIREWORKS",
    pricesId: "fireworks",
    set: thinksInContent,
  },
  google: {
    name: "Google Gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    env: "GEMINI",
    pricesId: "google",
    bareModels: /^gemini-/,
    set: { contextTokensMax: 1_000_000, outputTokensMax: 65_536, reasoning: "effort", logprobs: false },
  },
  groq: {
    name: "Groq",
    baseUrl: "https://api.groq.com/openai/v1",
    env: "GROQ",
    pricesId: "groq",
    // https://console.groq.com/docs/openai: n above 1, log probabilities and names of speakers are refused.
    set: {
      outputCapField: "max_completion_tokens",
      multipleChoices: false,
      logprobs: false,
      structuredOutput: "tool",
      speakerNames: false,
    },
    models: [
      { match: /gpt-oss|kimi|llama-4/, set: { structuredOutput: "native", reasoning: "effort", outputTokensMax: 32_768 } },
      { match: /qwen|deepseek/, set: { reasoning: "effort", outputTokensMax: 32_768 } },
    ],
  },
  huggingface: { name: "Hugging Face", baseUrl: "https://router.huggingface.co/v1", env: "HUGGINGFACE" },
  lmstudio: { name: "LM Studio", baseUrl: null, env: "LMSTUDIO", set: { multipleChoices: false, logprobs: false } },
  mistral: {
    name: "Mistral",
    baseUrl: "https://api.mistral.ai/v1",
    env: "MISTRAL",
    pricesId: "mistral",
    bareModels: /^(mistral|ministral|magistral|codestral|devstral|pixtral|voxtral|open-mi)/,
    // https://docs.mistral.ai/api: unknown fields are refused (`extra_forbidden`), among them `user`, `seed` and the name of a speaker
    // (https://github.com/Gage-Technologies/mistral-go/pull/2); usage always comes with the last chunk.
    set: {
      temperatureMax: 1.5,
      streamUsageOption: false,
      documents: false,
      logprobs: false,
      seedField: "random_seed",
      endUserField: false,
      speakerNames: false,
    },
  },
  moonshot: {
    name: "Moonshot",
    baseUrl: "https://api.moonshot.ai/v1",
    env: "MOONSHOT",
    pricesId: "moonshotai",
    bareModels: /^(kimi-|moonshot-)/,
    set: { temperatureMax: 1, ...thinksInContent, logprobs: false },
  },
  nvidia: { name: "NVIDIA NIM", baseUrl: "https://integrate.api.nvidia.com/v1", env: "NVIDIA" },
  ollama: { name: "Ollama", baseUrl: null, env: "OLLAMA", set: { multipleChoices: false, logprobs: false } },
  openrouter: {
    name: "OpenRouter",
    baseUrl: "https://openrouter.ai/api/v1",
    env: "OPENROUTER",
    pricesId: "openrouter",
    set: { documents: true, reasoning: "effort", reasoningHistoryField: "reasoning_details", outputTokensMax: 32_768 },
  },
  perplexity: {
    name: "Perplexity",
    baseUrl: "https://api.perplexity.ai",
    env: "PERPLEXITY",
    pricesId: "perplexity",
    bareModels: /^sonar/,
    set: { tools: false, multipleChoices: false, logprobs: false, streamUsageOption: false },
  },
  together: {
    name: "Together",
    baseUrl: "https://api.together.xyz/v1",
    env: "TOGETHER",
    pricesId: "together",
  },
  venice: { name: "Venice", baseUrl: "https://api.venice.ai/api/v1", env: "VENICE" },
  vllm: { name: "vLLM", baseUrl: null, env: "VLLM", set: { reasoning: "effort" } },
  xai: {
    name: "xAI",
    baseUrl: "https://api.x.ai/v1",
    env: "XAI",
    pricesId: "x-ai",
    bareModels: /^grok-/,
    set: { contextTokensMax: 256_000, outputTokensMax: 64_000, outputCapField: "max_completion_tokens", ...thinksInContent },
  },
  zai: {
    name: "Z.ai",
    baseUrl: "https://api.z.ai/api/paas/v4",
    env: "ZAI",
    pricesId: "zai",
    bareModels: /^glm-/,
    // Levels, and the switch beside them: https://docs.z.ai/guides/capabilities/thinking-mode · tool_choice is `auto` only:
    // https://java.agentscope.io/v2/en/integration/model/glm
    set: {
      ...thinksInContent,
      reasoningEfforts: ["low", "high", "max"],
      forcedToolChoice: false,
      temperatureMax: 1,
      structuredOutput: "tool",
      logprobs: false,
      multipleChoices: false,
    },
    // From 5.3 on thinking cannot be switched off:
    // https://dev.to/aihubmix/glm-53-api-guide-always-on-thinking-3-effort-levels-and-the-support-matrix-1d8e
    models: [{ match: /^glm-5\.[3-9]/, set: { reasoningCanBeOff: false } }],
  },
};

/** Every OpenAI-compatible vendor, from its row. */
export const compatibleProviders: Provider[] = Object.entries(rows).map(([id, row]) => ({
  id,
  name: row.name,
  protocol: "openai-chat",
  baseUrl: row.baseUrl,
  chatPath: "/chat/completions",
  env: { apiKey: `${row.env}_API_KEY`, baseUrl: `${row.env}_BASE_URL` },
  auth: row.auth ?? "bearer",
  pricesId: row.pricesId ?? null,
  capabilities: { ...openaiShaped, outputTokensMax: OUTPUT_TOKENS_MAX_UNKNOWN, ...row.set },
  ...(row.bareModels ? { bareModels: row.bareModels } : {}),
  ...(row.models ? { models: row.models } : {}),
}));
