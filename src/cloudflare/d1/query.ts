import { GatewayError } from "../../core/errors";

/** Runs a query; a failure of the database becomes `unavailable`, with the reason for the log only. */
export async function query<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw new GatewayError("unavailable", "The gateway's database did not answer. Try again in a few seconds.", {
      code: "database_unavailable",
      retryAfterSeconds: 5,
      detail: what,
      cause: error,
    });
  }
}
