/** Logistic weights of the pair scorer, in the order of `FEATURE_NAMES`. Written by `scripts/train-semantic-verifier.ts`. */
export const PAIR_WEIGHTS: readonly number[] = [
  -2.146, 2.46, 0.251, -0.191, -2.173, -1.561, -1.655, 0.202, 1.017, -0.095, -0.143, 0.226, 0.019, -0.238, 0.082, 0.372, 0.839, -0.143,
  -0.745, 0.922, -1.205, 0.821, 0.417, -1.647, 1.085, -0.418, 0.802, 0.001, -0.095, 0.333, 0.873, 2.996, -1.327, 0.132, -0.211, 0.128,
  -0.011, -0.21,
];
