import { countMessageTokens, messages } from "./anthropic-messages";
import { batch, batches } from "./batches";
import type { Answer, Call } from "./call";
import { embeddings } from "./embeddings";
import type { House } from "./errors";
import { file, fileContent, files } from "./files";
import { messageBatch, messageBatches } from "./message-batches";
import { listModels, retrieveModel } from "./models";
import { chatCompletions } from "./openai-chat";
import { countInputTokens, responses, storedResponse } from "./openai-responses";

/** One endpoint. `house` is absent where both houses have it and the headers decide. */
export interface Route {
  methods: readonly string[];
  pattern: RegExp;
  house?: House;
  answer: (call: Call, id: string) => Answer | Promise<Answer>;
}

/** Endpoints that make a model speak, or count or embed: the ones that batches may use. They answer at once, without promises. */
export const INFERENCE: { pattern: RegExp; house: House; answer: (call: Call) => Answer }[] = [
  { pattern: /^\/chat\/completions$/, house: "openai", answer: chatCompletions },
  { pattern: /^\/responses$/, house: "openai", answer: responses },
  { pattern: /^\/embeddings$/, house: "openai", answer: embeddings },
  { pattern: /^\/messages$/, house: "anthropic", answer: messages },
];

const POST = ["POST"];
const GET = ["GET"];

const ROUTES: Route[] = [
  ...INFERENCE.map((route) => ({ ...route, methods: POST })),
  { methods: POST, pattern: /^\/messages\/count_tokens$/, house: "anthropic", answer: countMessageTokens },
  { methods: POST, pattern: /^\/responses\/input_tokens$/, house: "openai", answer: countInputTokens },
  { methods: ["GET", "DELETE"], pattern: /^\/responses\/([^/]+)$/, house: "openai", answer: storedResponse },
  { methods: GET, pattern: /^\/models$/, answer: (call) => ({ kind: "json", body: listModels(call.house, call.query) }) },
  { methods: GET, pattern: /^\/models\/(.+)$/, answer: (call, id) => ({ kind: "json", body: retrieveModel(call.house, id) }) },
  { methods: ["GET", "POST"], pattern: /^\/files$/, house: "openai", answer: files },
  { methods: ["GET", "DELETE"], pattern: /^\/files\/([^/]+)$/, house: "openai", answer: file },
  { methods: GET, pattern: /^\/files\/([^/]+)\/content$/, house: "openai", answer: fileContent },
  { methods: ["GET", "POST"], pattern: /^\/batches$/, house: "openai", answer: batches },
  { methods: GET, pattern: /^\/batches\/([^/]+)$/, house: "openai", answer: (call, id) => batch(call, id, false) },
  { methods: POST, pattern: /^\/batches\/([^/]+)\/cancel$/, house: "openai", answer: (call, id) => batch(call, id, true) },
  { methods: ["GET", "POST"], pattern: /^\/messages\/batches$/, house: "anthropic", answer: messageBatches },
  {
    methods: ["GET", "DELETE"],
    pattern: /^\/messages\/batches\/([^/]+)$/,
    house: "anthropic",
    answer: (call, id) => messageBatch(call, id, ""),
  },
  {
    methods: POST,
    pattern: /^\/messages\/batches\/([^/]+)\/cancel$/,
    house: "anthropic",
    answer: (call, id) => messageBatch(call, id, "cancel"),
  },
  {
    methods: GET,
    pattern: /^\/messages\/batches\/([^/]+)\/results$/,
    house: "anthropic",
    answer: (call, id) => messageBatch(call, id, "results"),
  },
];

/** Where a path leads: anything may stand before the endpoint (`/v1`, `/groq/openai/v1`), so that one simulator plays many providers. */
export function findRoute(pathname: string): { route: Route; base: string; id: string } | undefined {
  const split = /^(.*?)(\/(?:chat\/completions|responses|messages|embeddings|models|files|batches)(?:\/.*)?)$/.exec(pathname);
  const [, base = "", rest = ""] = split ?? [];
  for (const route of ROUTES) {
    const match = route.pattern.exec(rest);
    if (match !== null) return { route, base, id: decodeURIComponent(match[1] ?? "") };
  }
  return undefined;
}
