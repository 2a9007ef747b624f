import type { FeatureSink } from "./features";
import { isSparse, type Model } from "./model";
import { once } from "./once";

/** A sum of packed weights, and of how many features. */
interface Sum {
  weights: number;
  count: number;
}

/** A sum holds its count as well, times this: exact up to 2^25 features in a text and 2^20 in a window, their weights being below 2^7. */
const COUNT_UNIT = 2 ** 28;

/** One pair of tables serves every text: they cost more to make than a short text to read. They hold sums, and are cleared for each. */
export const windowSums = once(() => new WindowSums());

/** Sums up a text's weights by place, so that each of its windows is one subtraction. */
export class WindowSums implements FeatureSink {
  private ngrams = new Float64Array(0);
  private sparse = new Float64Array(0);
  private packed: Model["packed"] = new Int8Array(0);

  /** From now on features are told, of a text of this many units. */
  begin({ packed }: Model, length: number): void {
    this.packed = packed;
    if (this.ngrams.length < length + 2) {
      this.ngrams = new Float64Array(length + 2);
      this.sparse = new Float64Array(length + 2);
    } else {
      this.ngrams.fill(0, 0, length + 2);
      this.sparse.fill(0, 0, length + 2);
    }
  }

  add(id: number, place: number): void {
    const sums = isSparse(id) ? this.sparse : this.ngrams;
    sums[place + 1] = (sums[place + 1] ?? 0) + COUNT_UNIT + (this.packed[id] ?? 0);
  }

  /** All features have been told; from now on windows are asked for. */
  end(length: number): void {
    const { ngrams, sparse } = this;
    let ngramSum = 0;
    let sparseSum = 0;
    for (let i = 1; i < length + 2; i++) {
      ngramSum += ngrams[i] ?? 0;
      sparseSum += sparse[i] ?? 0;
      ngrams[i] = ngramSum;
      sparse[i] = sparseSum;
    }
  }

  ngramsOf(start: number, end: number): Sum {
    return between(this.ngrams, start, end);
  }

  sparseOf(start: number, end: number): Sum {
    return between(this.sparse, start, end);
  }
}

function between(sums: Float64Array, start: number, end: number): Sum {
  const both = (sums[end] ?? 0) - (sums[start] ?? 0);
  const count = Math.round(both / COUNT_UNIT);
  return { weights: both - count * COUNT_UNIT, count };
}
