/**
 * For tests whose guarantee is a bound in real time ("within a second"): a busy machine may miss it once, a defect misses it each time.
 * Such a test must leave nothing behind that its next try would stumble over.
 */
export const IN_REAL_TIME = { retry: 2 };
