import { emptyMeter, type Meter, type Meters, type Scope } from "../../limits";
import { hold } from "./hold";

/** Meters that go along with a key that joins or leaves a team: those of its users, above all. */
const HANDOVER_MAX = 10_000;

/** An object's meters by scope, in its own table; those used last in memory, too. */
export class MeterTable {
  readonly #sql: SqlStorage;
  readonly #held = new Map<string, Meter>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS meters (scope TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID");
  }

  /** Those of these scopes; new ones are empty. */
  read(scopes: readonly Pick<Scope, "id">[]): Meters {
    return new Map(scopes.map(({ id }) => [id, this.#held.get(id) ?? this.#stored(id)]));
  }

  store(meters: Meters): void {
    for (const [scope, meter] of meters) {
      this.#sql.exec("INSERT OR REPLACE INTO meters VALUES (?, ?)", scope, JSON.stringify(meter));
      hold(this.#held, scope, meter);
    }
  }

  /** Those of a key, its users and its models; not its team's. */
  ofKey(keyId: string): Meters {
    // `0` follows `/`: all that begin with the key's id and a slash.
    const scopes = this.#sql.exec<{ id: string }>(
      "SELECT scope AS id FROM meters WHERE scope = ? OR (scope >= ? AND scope < ?) OR (scope >= ? AND scope < ?) LIMIT ?",
      ...[`key ${keyId}`, `user ${keyId}/`, `user ${keyId}0`, `model ${keyId}/`, `model ${keyId}0`, HANDOVER_MAX],
    );
    return this.read(scopes.toArray());
  }

  remove(meters: Meters): void {
    for (const scope of meters.keys()) {
      this.#sql.exec("DELETE FROM meters WHERE scope = ?", scope);
      this.#held.delete(scope);
    }
  }

  #stored(scope: string): Meter {
    const [row] = this.#sql.exec<{ state: string }>("SELECT state FROM meters WHERE scope = ?", scope);
    return row ? (JSON.parse(row.state) as Meter) : emptyMeter(); // written by `store`
  }
}
