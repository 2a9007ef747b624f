/** Hedges that may be saved up: a burst of slow replies is hedged at once, the average holds all the same. */
const SAVED_MAX = 25;

/** What may still be spent on hedges: every request adds its share, a hedge costs one. Plain data. */
export interface HedgeBudget {
  saved: number;
}

/** An empty budget: the first hedges have to be earned, so that the share holds from the first request on. */
export function emptyHedgeBudget(): HedgeBudget {
  return { saved: 0 };
}

/** One more request; `shareMax` is the largest share of requests that may be hedged. */
export function earnHedge({ saved }: HedgeBudget, shareMax: number): HedgeBudget {
  return { saved: Math.min(SAVED_MAX, saved + shareMax) };
}

/** Spends a hedge, if there is one. */
export function takeHedge({ saved }: HedgeBudget): [HedgeBudget, boolean] {
  // Sums of 0.05 do not come to 1 exactly.
  return saved >= 1 - 1e-9 ? [{ saved: saved - 1 }, true] : [{ saved }, false];
}
