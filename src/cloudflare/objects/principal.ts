import { DurableObject } from "cloudflare:workers";
import { consoleLog, errorFacts } from "../../core/log";
import { retryDelaySeconds, type UsageMessage } from "../../metering";

/** From keeping a message to the first try to send it on. */
const FIRST_TRY_MS = 5000;
/** A queue takes 100 messages and 256 KB at once; texts are counted in characters, of which one may take three bytes. */
const BATCH_MESSAGES_MAX = 100;
const BATCH_CHARS_MAX = 64 * 1024;

/**
 * What one virtual key's requests leave behind. Today: the outbox, usage messages that neither the queue nor the table took. They survive
 * eviction and deploys, and an alarm sends them on until the queue takes them.
 */
export class PrincipalObject extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, message TEXT NOT NULL) WITHOUT ROWID");
  }

  /** Keeps a message; one that is there already is kept once. */
  async keep(message: UsageMessage): Promise<void> {
    this.ctx.storage.sql.exec("INSERT OR IGNORE INTO outbox VALUES (?, ?)", message.record.id, JSON.stringify(message));
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + FIRST_TRY_MS);
  }

  /** Sends a batch on; whatever is left waits for the next alarm, longer each time the queue refuses. */
  override async alarm(): Promise<void> {
    const batch = this.#nextBatch();
    try {
      if (batch.length > 0) await this.env.USAGE_QUEUE.sendBatch(batch.map(({ message }) => ({ body: JSON.parse(message) })));
    } catch (error) {
      const failures = ((await this.ctx.storage.get<number>("failures")) ?? 0) + 1;
      await this.ctx.storage.put("failures", failures);
      await this.ctx.storage.setAlarm(Date.now() + retryDelaySeconds(failures) * 1000);
      consoleLog("error", "usage-outbox-not-sent", { failures, ...errorFacts(error) });
      return;
    }
    for (const { id } of batch) this.ctx.storage.sql.exec("DELETE FROM outbox WHERE id = ?", id);
    await this.ctx.storage.delete("failures");
    if (this.#nextBatch().length > 0) await this.ctx.storage.setAlarm(Date.now());
  }

  #nextBatch(): { id: string; message: string }[] {
    const rows = this.ctx.storage.sql.exec<{ id: string; message: string }>(
      "SELECT id, message FROM outbox ORDER BY id LIMIT ?",
      BATCH_MESSAGES_MAX,
    );
    const batch: { id: string; message: string }[] = [];
    let chars = 0;
    for (const row of rows) {
      chars += row.message.length;
      if (batch.length > 0 && chars > BATCH_CHARS_MAX) break;
      batch.push(row);
    }
    return batch;
  }
}
