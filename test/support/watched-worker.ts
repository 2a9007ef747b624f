import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";
import { PrincipalObject as Principal } from "../../src/cloudflare/objects";

export { DeploymentObject, SemanticIndexObject } from "../../src/cloudflare/objects";

/** What a key's object has in store, and when it will do something by itself; in Unix milliseconds. */
export interface Stored {
  alarmAtMs: number | null;
  replies: number;
  pieces: number;
  rows: number;
}

/** Keeps the books of a key, and can be looked into. */
export class PrincipalObject extends Principal {
  async stored(): Promise<Stored> {
    const count = (table: string): number =>
      this.ctx.storage.sql.exec<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`).one().count;
    const alarmAtMs = await this.ctx.storage.getAlarm();
    return { alarmAtMs, replies: count("kept_replies"), pieces: count("kept_pieces"), rows: count("ledger") };
  }

  /** A key as this object knows it: a LedgerKey as JSON. */
  async known(keyId: string): Promise<string | null> {
    const [row] = this.ctx.storage.sql.exec<{ key: string }>("SELECT key FROM keys WHERE id = ?", keyId);
    return row?.key ?? null;
  }

  /** As if its alarm went off at this moment. */
  async alarmAt(nowMs: number): Promise<Stored> {
    const { now } = Date;
    Date.now = () => nowMs;
    try {
      await this.ctx.storage.deleteAlarm();
      await this.alarm();
    } finally {
      Date.now = now;
    }
    return this.stored();
  }
}

const gateway = createWorker({
  ...config,
  limits: { ...config.limits, leaseMarginMs: 1000 },
  failover: { retry: { roundsMax: 0 } },
  breaker: { samplesMin: 1_000_000 },
});

/**
 * The gateway, and `/objects/{name}`: what that object has in store; with `?at={Unix milliseconds}` after its alarm at that moment; with
 * `?key={id}` that key as it knows it. A `POST` is a call to be admitted (a PackedCall) of an isolate whose reading may be old.
 */
export default {
  ...gateway,
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const [, name] = /^\/objects\/([\w:]+)$/.exec(pathname) ?? [];
    if (name === undefined) return gateway.fetch(request, env, ctx);
    // The class above.
    const object = env.PRINCIPALS.getByName(name) as unknown as Pick<PrincipalObject, "stored" | "alarmAt" | "known" | "admit">;
    if (request.method === "POST") return Response.json(await object.admit(await request.json()));
    const [at, keyId] = [searchParams.get("at"), searchParams.get("key")];
    if (keyId !== null) return new Response(await object.known(keyId));
    return Response.json(await (at === null ? object.stored() : object.alarmAt(Number(at))));
  },
} satisfies ReturnType<typeof createWorker>;
