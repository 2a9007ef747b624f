export {
  type Admission,
  admit,
  bindingScopes,
  type Denial,
  type Meters,
  markNotified,
  type Permit,
  type Scope,
  type Standing,
  settle,
  standing,
} from "./admission";
export { OutputExpectation } from "./expectation";
export { adopted, handedOver } from "./handover";
export type { AdmissionAnswer, AdmissionCall, KeptReply, KeyVersion, LedgerPort, Settling } from "./ledger-port";
export { type Amounts, emptyMeter, type Headroom, type Meter, type SoftCrossing, type Wanted } from "./meter";
export { type Budget, budgetsSchema, type RateLimits, rateLimitsSchema } from "./policy";
export { type Admitted, requestAdmission } from "./request-admission";
export { type LimitPolicy, principalObjectName, scopesOf } from "./scopes";
export { windowEndMs, windowKey } from "./window";
