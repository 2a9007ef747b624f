import type OpenAI from "openai";
import { fingerprint } from "./random";

/** One entry per token, or null where there are no tokens. `top` alternatives stand beside each. */
export function logprobs(tokens: string[], top: number): OpenAI.ChatCompletionTokenLogprob[] | null {
  return tokens.length > 0 ? tokens.map((token) => logprob(token, top)) : null;
}

/** A made-up probability that depends on the token alone, and made-up alternatives that are less likely. */
function logprob(token: string, top: number): OpenAI.ChatCompletionTokenLogprob {
  const certainty = -(Number.parseInt(fingerprint(token).slice(0, 4), 16) / 65_536);
  const entry = (text: string, value: number) => ({ token: text, logprob: value, bytes: [...new TextEncoder().encode(text)] });
  const alternatives = Array.from({ length: top }, (_, i) => (i === 0 ? entry(token, certainty) : entry(`${token}${i}`, certainty - i)));
  return { ...entry(token, certainty), top_logprobs: alternatives };
}
