// The passthrough, plus the least that exact admission costs: one call to a Durable Object that stores a row before the request, one after it.
import { DurableObject } from "cloudflare:workers";

const ROW = "x".repeat(800);

export class Ledger extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID");
  }

  admit(id) {
    this.ctx.storage.sql.exec("INSERT INTO rows VALUES (?, ?)", id, ROW);
    return true;
  }

  settle(id) {
    this.ctx.storage.sql.exec("DELETE FROM rows WHERE id = ?", id);
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const ledger = env.LEDGER.getByName("key");
    const id = crypto.randomUUID();
    await ledger.admit(id);
    const response = await fetch(env.UPSTREAM + pathname, { method: request.method, headers: request.headers, body: request.body });
    ctx.waitUntil(ledger.settle(id));
    return response;
  },
};
