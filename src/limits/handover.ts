import type { Bucket } from "./bucket";
import { type Meter, type Spent, slotsOf, spentIn } from "./meter";
import type { Budget } from "./policy";
import { windowKey } from "./window";

/**
 * A meter as another object goes on with it. Calls under way are settled where they were admitted; for the other one they count as they
 * were reserved. Plain data; money in nano-dollars.
 */
export function handedOver(meter: Meter, nowMs: number, budgets: readonly Budget[]): Meter {
  const spent: Meter["spent"] = {};
  for (const [slot, calendar] of slotsOf(budgets)) {
    const key = windowKey(calendar.window, calendar.timeZone, nowMs);
    const held = spentIn(meter, calendar);
    const now: Spent = held?.key === key ? held : { key, nanoUsd: 0 };
    spent[slot] = { ...now, nanoUsd: now.nanoUsd + meter.reservedNanoUsd };
  }
  // Nothing that was taken there comes back here.
  const taken = Object.fromEntries(Object.entries(meter.taken).map(([name, { amount, atMs }]) => [name, { amount, atMs }]));
  return { taken, spent, reservedNanoUsd: 0, underWay: 0 };
}

/** A meter with what was handed over put to it: calls may have come to this object before. */
export function adopted(meter: Meter, carried: Meter): Meter {
  const spent = { ...meter.spent };
  for (const [slot, theirs] of Object.entries(carried.spent)) {
    const own = spent[slot];
    if (theirs && (!own || own.key < theirs.key)) spent[slot] = theirs;
    else if (theirs && own?.key === theirs.key) spent[slot] = { ...theirs, ...own, nanoUsd: own.nanoUsd + theirs.nanoUsd };
  }
  const taken = { ...meter.taken };
  for (const [name, theirs] of Object.entries(carried.taken) as [keyof Meter["taken"], Bucket][]) {
    // its own keys
    // What is out of both flows back within their span: until then the one that more is out of is near enough.
    if (theirs.amount > (taken[name]?.amount ?? -1)) taken[name] = theirs;
  }
  return { ...meter, spent, taken };
}
