import { COMPLEXITY_FEATURES, type ComplexityFeature } from "./complexity-features";

/** In standard deviations of the expected gain, for a feature of 1. Set by hand, not learned. */
const EFFORT: Partial<Record<ComplexityFeature, number>> = {
  chars: 3,
  code: 0.7,
  formula: 0.7,
  mathSigns: 0.4,
  numbers: 0.3,
  compute: 0.8,
  why: 0.5,
  condition: 0.8,
  sequence: 0.5,
  listLines: 0.4,
  demanding: 1.6,
  light: -1.2,
};
/** Where a prompt of about a hundred characters that asks for nothing special is. */
const EFFORT_AT_ZERO = -2.5;
/** In standard deviations, either way. */
const EFFORT_MAX = 2;

const weights = COMPLEXITY_FEATURES.map((name) => EFFORT[name] ?? 0);

/**
 * What a prompt that is like none of the training prompts seems to demand, in standard deviations of the expected gain: length, code,
 * formulas, conditions and steps raise it; greetings, translating and labelling lower it.
 */
export function effortOf(features: Float64Array): number {
  const effort = weights.reduce((sum, weight, at) => sum + weight * (features[at] ?? 0), EFFORT_AT_ZERO);
  return Math.max(-EFFORT_MAX, Math.min(EFFORT_MAX, effort));
}
