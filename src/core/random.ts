/** `count` unpredictable bytes, fit for secrets. Passed as an argument, so that a test sets them. */
export type RandomBytes = (count: number) => Uint8Array;

export const systemRandom: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));
