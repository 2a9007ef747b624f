export type LogLevel = "info" | "warn" | "error";

/** One event with its facts. Never given a key, a prompt or a provider's credential. */
export type Log = (level: LogLevel, event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** One line of JSON per event, which Workers Logs takes apart into fields. */
export const consoleLog: Log = (level, event, facts = {}) => {
  console[level](JSON.stringify({ level, event, ...facts }));
};

/** What went wrong, as a fact to log: name and message, and those of the cause. */
export function errorFacts(error: unknown): { error: string; cause?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const facts = { error: `${error.name}: ${error.message}` };
  return error.cause === undefined ? facts : { ...facts, cause: errorFacts(error.cause).error };
}
