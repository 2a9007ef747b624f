// node scripts/simulate-shares.ts
// A key with thousands of requests per second, split over objects that lease shares of its limit from one key object: how far may the sum of
// what the objects admit stray from the limit, and how much of it is left unused? See docs/decisions/0008-limits.md.

import { seeded } from "../test/support/seeded.ts";

interface Shard {
  leased: number;
  untilMs: number;
}

/** Runs `seconds` of demand against a limit per second; leases are debited at the key object, so what a shard holds is never anybody else's. */
function simulate({
  shards,
  limit,
  demand,
  share,
  leaseMs,
  skew,
  seconds,
}: Record<"shards" | "limit" | "demand" | "share" | "leaseMs" | "skew" | "seconds", number>) {
  const random = seeded(42);
  const held: Shard[] = Array.from({ length: shards }, () => ({ leased: 0, untilMs: 0 }));
  let level = limit;
  let admitted = 0;
  let leases = 0;
  let stranded = 0;
  const steps = seconds * 1000;
  for (let nowMs = 0; nowMs < steps; nowMs++) {
    level = Math.min(limit, level + limit / 1000);
    for (let arrivals = demand / 1000; arrivals > 0; arrivals -= 1) {
      if (arrivals < 1 && random() > arrivals) break;
      // The busiest shards have most of the traffic.
      const shard = held[Math.floor(random() ** skew * shards)];
      if (!shard) continue;
      if (shard.untilMs <= nowMs) {
        stranded += shard.leased;
        shard.leased = 0;
      }
      // A whole share or none: slivers would cost a call each.
      const grant = Math.max(1, Math.floor(limit * share));
      if (shard.leased < 1 && level >= grant) {
        level -= grant;
        shard.leased += grant;
        shard.untilMs = nowMs + leaseMs;
        leases += 1;
      }
      if (shard.leased >= 1) {
        shard.leased -= 1;
        admitted += 1;
      }
    }
  }
  const allowed = limit * seconds + limit;
  return {
    overshoot: Math.max(0, admitted - allowed),
    unused: 1 - admitted / Math.min(allowed, demand * seconds),
    leasesPerRequest: leases / admitted,
    stranded: stranded / allowed,
  };
}

const base = { limit: 2000, demand: 4000, seconds: 60, leaseMs: 2000 };
const rows = [8, 64].flatMap((shards) =>
  [1, 3].flatMap((skew) => [0.001, 0.005, 0.02].map((share) => ({ shards, skew, share, ...simulate({ ...base, shards, skew, share }) }))),
);
console.log("limit 2,000 requests/s, demand 4,000, 60 s, leases of 2 s");
console.table(
  rows.map(({ shards, skew, share, overshoot, unused, leasesPerRequest, stranded }) => ({
    shards,
    skew,
    "share of the limit": `${share * 100} %`,
    "admitted beyond the limit": overshoot,
    "left unused": `${(unused * 100).toFixed(2)} %`,
    "bound (shards × share)": `${(shards * share * 100).toFixed(1)} %`,
    "calls to the key object per request": leasesPerRequest.toFixed(3),
    stranded: `${(stranded * 100).toFixed(2)} %`,
  })),
);
