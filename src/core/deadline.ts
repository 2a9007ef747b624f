/** The work took longer than it was given. It may still be going on. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  constructor(what: string, limitMs: number) {
    super(`${what} did not answer within ${limitMs} ms`);
  }
}

/**
 * The result of `work`, or a DeadlineError naming `what` after `limitMs`. The work itself is not stopped; what becomes of it later is
 * nobody's concern any more.
 */
export async function withDeadline<Result>(work: Promise<Result>, limitMs: number, what: string): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(what, limitMs)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}
