export type { Fetch } from "./attempt";
export { type DispatchCall, type DispatchPorts, dispatch, type Reply } from "./dispatch";
export type { Outcome } from "./outcome";
