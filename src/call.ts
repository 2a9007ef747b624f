import type { Protocol } from "./protocols";

/** One request on its way through. */
export interface Call {
  request: Request;
  /** Path of the endpoint, for the usage row. */
  endpoint: string;
  protocol: Protocol;
  requestId: string;
  startedAtMs: number;
  /** Work that goes on after the reply. */
  background: (work: Promise<void>) => void;
}
