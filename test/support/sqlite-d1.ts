import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

type Value = string | number | null;

interface Result {
  success: true;
  results: unknown[];
  meta: { changes: number };
}

/**
 * SQLite in memory behind the part of D1's interface that the repositories use, so that their SQL is tested without a Worker.
 * https://developers.cloudflare.com/d1/worker-api/
 */
export class SqliteD1 {
  readonly sqlite = new DatabaseSync(":memory:");
  /** While set, every statement fails with it: a database that is down. */
  failure: Error | undefined;
  /** Statements run so far. */
  statements = 0;

  prepare(sql: string): Statement {
    return new Statement(this, sql, []);
  }

  async batch(statements: Statement[]): Promise<{ results: unknown[] }[]> {
    this.sqlite.exec("BEGIN");
    try {
      const results = [];
      for (const statement of statements) results.push(statement.allNow());
      this.sqlite.exec("COMMIT");
      return results;
    } catch (error) {
      this.sqlite.exec("ROLLBACK");
      throw error;
    }
  }
}

class Statement {
  readonly #db: SqliteD1;
  readonly #sql: string;
  readonly #values: Value[];

  constructor(db: SqliteD1, sql: string, values: Value[]) {
    this.#db = db;
    this.#sql = sql;
    this.#values = values;
  }

  bind(...values: Value[]): Statement {
    const wrong = values.find((value) => value !== null && typeof value !== "string" && typeof value !== "number");
    if (wrong !== undefined) throw new Error(`D1_TYPE_ERROR: Type '${typeof wrong}' not supported`);
    if (values.length > 100) throw new Error("too many SQL variables");
    return new Statement(this.#db, this.#sql, values);
  }

  async all(): Promise<Result> {
    return this.allNow();
  }

  /** Within a transaction nothing may come between. */
  allNow(): Result {
    this.#db.statements += 1;
    if (this.#db.failure) throw this.#db.failure;
    const statement = this.#db.sqlite.prepare(this.#sql);
    if (/^\s*SELECT/i.test(this.#sql)) {
      // Rows without a prototype, as node:sqlite makes them, are unlike D1's.
      return { success: true, results: statement.all(...this.#values).map((row) => ({ ...row })), meta: { changes: 0 } };
    }
    const { changes } = statement.run(...this.#values);
    return { success: true, results: [], meta: { changes: Number(changes) } };
  }

  async run(): Promise<Result> {
    return this.all();
  }

  async first(): Promise<unknown> {
    return (await this.all()).results[0] ?? null;
  }
}

/** A database with every migration applied. The cast is the point of it: to the repositories it is D1. */
export function openD1(): { db: D1Database; fake: SqliteD1 } {
  const fake = new SqliteD1();
  const directory = join(import.meta.dirname, "../../migrations");
  for (const name of readdirSync(directory).sort()) fake.sqlite.exec(readFileSync(join(directory, name), "utf8"));
  return { db: fake as unknown as D1Database, fake };
}
