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

/** The gateway, and `/objects/{key id}?at={Unix milliseconds}`: what that key's object has in store, after its alarm at that moment where one is named. */
export default {
  ...gateway,
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const [, keyId] = /^\/objects\/(\w+)$/.exec(pathname) ?? [];
    if (keyId === undefined) return gateway.fetch(request, env, ctx);
    const object = env.PRINCIPALS.getByName(keyId) as unknown as Pick<PrincipalObject, "stored" | "alarmAt">; // the class above
    const at = searchParams.get("at");
    return Response.json(await (at === null ? object.stored() : object.alarmAt(Number(at))));
  },
} satisfies ReturnType<typeof createWorker>;
