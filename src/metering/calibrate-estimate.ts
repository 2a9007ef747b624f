/** The upper quantile of actual ÷ estimated that a reservation is to cover. */
const QUANTILE = 0.95;
/** How far one observation moves the quantile's logarithm: first, and at the least, so that a model's change is followed. */
const STEP_FIRST = 0.5;
const STEP_LEAST = 0.02;
/** A reservation is never below the estimate, nor more than this many times it. */
const FACTOR_MAX = 4;

/** What a model's past calls say about its estimates. Plain JSON. */
export interface EstimateCalibration {
  /** Natural logarithm of the running quantile of actual ÷ estimated. */
  logRatio: number;
  /** Calls seen. */
  calls: number;
}

export const UNCALIBRATED: EstimateCalibration = { logRatio: 0, calls: 0 };

/**
 * The state after a call whose tokens were estimated and then told. Moves up by the quantile's share of a step when the ratio was above, down
 * by the rest when it was below, so that it settles where 95 of 100 calls are below (Robbins–Monro). Counts that are not positive and finite
 * change nothing.
 */
export function calibrate(state: EstimateCalibration, estimated: number, actual: number): EstimateCalibration {
  if (!(estimated > 0 && actual > 0 && Number.isFinite(estimated) && Number.isFinite(actual))) return state;
  const ratio = Math.log(actual / estimated);
  const step = Math.max(STEP_LEAST, STEP_FIRST / (1 + state.calls));
  const moved = state.logRatio + step * (ratio > state.logRatio ? QUANTILE : QUANTILE - 1);
  const bound = Math.log(FACTOR_MAX);
  return { logRatio: Math.max(-bound, Math.min(bound, moved)), calls: state.calls + 1 };
}

/** What to multiply an estimate with so that the reservation holds: from 1 to 4. */
export function reserveFactor(state: EstimateCalibration): number {
  const factor = Math.exp(state.logRatio);
  return Number.isFinite(factor) ? Math.max(1, Math.min(FACTOR_MAX, factor)) : 1;
}
