/** What a client of either wire made of a reply, in words common to both. */
export interface ClientView {
  text: string;
  thinking: string;
  /** The model's own words of refusal; Anthropic's wire has no place for them but the text. */
  refusal: string;
  calls: ClientCall[];
  /** The wire's own word; null when the reply never said. */
  stop: string | null;
  usage?: ClientUsage;
  citations: number;
  /** How many pieces of reasoning are signed. */
  signatures: number;
  error?: ClientError;
  /** The wire's last event came; always true of a reply that is no stream. */
  complete: boolean;
  /** Every breach of the wire's rules. */
  faults: string[];
}

export interface ClientCall {
  id: string;
  name: string;
  /** As it came; of a reply that is no stream, its JSON. */
  arguments: string;
  custom: boolean;
}

export interface ClientUsage {
  inputTotal: number;
  output: number;
  cachedRead: number;
  cacheWrite: number;
  reasoning: number;
}

export interface ClientError {
  type: string;
  message: string;
  /** OpenAI's wire alone has one. */
  code?: string;
}

export function emptyView(): ClientView {
  return {
    text: "",
    thinking: "",
    refusal: "",
    calls: [],
    stop: null,
    citations: 0,
    signatures: 0,
    complete: false,
    faults: [],
  };
}
