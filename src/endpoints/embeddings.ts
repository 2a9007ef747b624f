import { answerEmbeddings } from "../embeddings";
import { protocols } from "../protocols";
import type { Endpoint } from "./endpoint";

/** `POST /v1/embeddings`: texts as vectors, by any provider that embeds. */
export const createEmbeddings: Endpoint = (c) => {
  const { requestId, startedAtMs, ports, background } = c.var;
  const protocol = protocols["openai-chat"];
  const answered = answerEmbeddings({ request: c.req.raw, endpoint: c.req.path, protocol, requestId, startedAtMs, background }, ports);
  // A client that leaves ends its request's work, unless that is background work too; and what was used has to be booked.
  background(
    answered.then(
      () => {},
      () => {},
    ),
  );
  return answered;
};
