/** A model that both official SDKs are pointed at, and what a caller may expect of it. */
export interface Model {
  /** As the client asks for it. */
  name: string;
  /** As the upstream is asked, and as `x-sluice-model` says. */
  upstream: string;
  /** Whose wire the upstream speaks. */
  wire: "anthropic" | "openai";
}

export const CLAUDES = [
  { name: "claude-sonnet-4-6", upstream: "claude-sonnet-4-6", wire: "anthropic" },
  { name: "anthropic/claude-haiku-4-5", upstream: "claude-haiku-4-5", wire: "anthropic" },
] as const satisfies Model[];

export const GPTS = [
  { name: "gpt-4o", upstream: "gpt-4o", wire: "openai" },
  { name: "openai/gpt-5", upstream: "gpt-5", wire: "openai" },
] as const satisfies Model[];

/** Vendors that speak OpenAI's wire in dialects of their own: no schema output, other names of the output cap, reasoning shown. */
export const COMPATIBLES = [
  { name: "groq/llama-3.3-70b-versatile", upstream: "llama-3.3-70b-versatile", wire: "openai" },
  { name: "deepseek/deepseek-reasoner", upstream: "deepseek-reasoner", wire: "openai" },
] as const satisfies Model[];

/** Every kind of target: both houses, older and newer models of them, and two compatible vendors. */
export const MODELS: readonly Model[] = [...CLAUDES, ...GPTS, ...COMPATIBLES];

/** Put behind a prompt: the simulated provider then loses no time between events. */
export const AT_ONCE = " [[sim:delay=0]]";
