/** What `promise` rejects with, which must be an error of this class. */
export async function caught<E extends Error>(promise: PromiseLike<unknown>, kind: new (...given: never[]) => E): Promise<E> {
  let outcome: unknown;
  try {
    outcome = await promise;
  } catch (error) {
    if (error instanceof kind) return error;
    throw new Error(`expected ${kind.name}, got ${String(error)}`, { cause: error });
  }
  throw new Error(`expected ${kind.name}, got a result: ${JSON.stringify(outcome)?.slice(0, 500)}`);
}
