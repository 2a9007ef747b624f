import type { ProtocolId } from "../inference";
import { answer } from "../pipeline";
import { protocols } from "../protocols";
import type { Endpoint } from "./endpoint";

/** An endpoint that takes a chat request in `protocol`. */
export function inferenceEndpoint(protocol: ProtocolId): Endpoint {
  return (c) => {
    const { requestId, startedAtMs, ports } = c.var;
    const call = {
      request: c.req.raw,
      endpoint: c.req.path,
      protocol: protocols[protocol],
      requestId,
      startedAtMs,
      background: c.var.background,
    };
    const answered = answer(call, ports);
    // A client that leaves ends its request's work, unless that is background work too; and what was used has to be booked.
    call.background(
      answered.then(
        () => {},
        () => {},
      ),
    );
    return answered;
  };
}
