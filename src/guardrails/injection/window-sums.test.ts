import fc from "fast-check";
import { expect, it } from "vitest";
import { BUCKETS, NGRAM_BUCKETS } from "./features";
import { WindowSums } from "./window-sums";

const packed = Int8Array.from({ length: BUCKETS }, (_, id) => ((id * 37) % 255) - 127);
const model = { packed, ngramScale: 1, sparseScale: 1, bias: 0 };
const LENGTH = 50;

it("sums the weights of each window, and forgets them with the next text", () => {
  const sums = new WindowSums();
  const feature = fc.record({ id: fc.nat(BUCKETS - 1), place: fc.nat(LENGTH) });
  fc.assert(
    fc.property(fc.array(feature, { maxLength: 200 }), fc.nat(LENGTH), fc.nat(LENGTH), (features, one, other) => {
      const [start, end] = one < other ? [one, other] : [other, one];
      sums.begin(model, LENGTH);
      for (const { id, place } of features) sums.add(id, place);
      sums.end(LENGTH);
      const inside = features.filter(({ place }) => place >= start && place < end);
      const ngrams = inside.filter(({ id }) => id < NGRAM_BUCKETS);
      const sparse = inside.filter(({ id }) => id >= NGRAM_BUCKETS);
      const sumOf = (of: typeof features) => ({ weights: of.reduce((sum, { id }) => sum + (packed[id] ?? 0), 0), count: of.length });
      expect(sums.ngramsOf(start, end)).toEqual(sumOf(ngrams));
      expect(sums.sparseOf(start, end)).toEqual(sumOf(sparse));
    }),
  );
});
