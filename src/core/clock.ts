/** The time, in Unix milliseconds. Passed as an argument, so that a test sets it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
