export { answeredHeaders } from "./answered-headers";
export type { Fetch } from "./attempt";
export {
  BREAKER_DEFAULTS,
  type BreakerConfig,
  type BreakerState,
  closedBreaker,
  enter as enterBreaker,
  glanceAt,
  type Passage,
  report as reportToBreaker,
  settleProbe,
} from "./breaker";
export { countExactly } from "./count-exactly";
export { type DispatchPorts, dispatch } from "./dispatch";
export { type Embedded, embed } from "./embed";
export { type DeploymentObjectPort, type Exchange, IsolateHealth, type Snapshot } from "./health";
export type { HealthPort } from "./health-port";
export type { Outcome } from "./outcome";
export { type Arrival, advance, arrive, depart, idlePacing, isTight, learn, type PacingState } from "./pacing";
export type { Answered, AttemptLog, FallbackNote, Reply, Settled, StoredNote } from "./reply";
export type { FindStoredReply, StoredReply } from "./stored-reply";
export type { DispatchCall, ShapedFor } from "./try-deployment";
