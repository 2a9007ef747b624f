import { DurableObject } from "cloudflare:workers";
import { isModelAllowed, keyIsLive, type VirtualKey } from "../../auth";
import { consoleLog, errorFacts } from "../../core/log";
import {
  type AdmissionAnswer,
  admit,
  adopted,
  bindingScopes,
  type Denial,
  emptyMeter,
  handedOver,
  type Meter,
  markNotified,
  type Permit,
  principalObjectName,
  type Scope,
  scopesOf,
  settle,
  standing,
} from "../../limits";
import { retryDelaySeconds, type UsageMessage, type UsageRecord } from "../../metering";
import type { PackedCall, PackedSettling } from "../ledger";
import { hold } from "./hold";
import { KeptReplies } from "./kept-replies";
import { MeterTable } from "./meter-table";

/** From a settled call to the queue: so many are sent together. */
const FLUSH_MS = 1000;
/** A queue takes 100 messages and 256 KB at once; texts are counted in characters, of which one may take three bytes. */
const BATCH_MESSAGES_MAX = 100;
const BATCH_CHARS_MAX = 64 * 1024;
/** A call that nobody settled may still be settled for so long after its lease ran out. */
const LATE_MS_MAX = 24 * 60 * 60 * 1000;
/** Leases looked at in one alarm. */
const EXPIRIES_MAX = 1000;

type StoredKey = VirtualKey & { updatedAtMs: number };

interface LedgerRow extends Record<string, SqlStorageValue> {
  id: string;
  state: "open" | "complete" | "unsettled";
  permit: string | null;
  message: string;
}

/** A call that waits for the ends of others. */
interface Waiting {
  call: PackedCall;
  /** What stands in its way, and the scopes in which it stands in line with others. */
  denial: Denial;
  lines: readonly string[];
  answer: (answer: AdmissionAnswer<StoredKey>) => void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** In one object calls are tried in vain in so many scopes before those behind them are left to wait on. */
const IN_VAIN_MAX = 5;

function contention(answer: AdmissionAnswer<StoredKey>): Denial | undefined {
  return answer.kind === "denied" && answer.denial.isContended ? answer.denial : undefined;
}

/**
 * The authority for the limits and the money of one virtual key, or of all keys of a team that share limits; and the ledger of their requests: a row
 * from admission until it is in the queue. Every method is one transaction: there is no await between reading and writing. What is held in memory is
 * what the tables say: where a write fails, the object starts anew from them.
 */
export class PrincipalObject extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  readonly #meters: MeterTable;
  readonly #replies: KeptReplies;
  readonly #waiting: Waiting[] = [];
  readonly #heldKeys = new Map<string, StoredKey>();
  /** Of calls under way. */
  readonly #permits = new Map<string, Permit>();
  /** Calls that are not made after all, should they still come. */
  readonly #withdrawn = new Map<string, true>();
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, updated_at_ms INTEGER NOT NULL, key TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS ledger (id TEXT PRIMARY KEY, state TEXT NOT NULL, until_ms INTEGER NOT NULL, is_sent INTEGER NOT NULL,
        permit TEXT, message TEXT NOT NULL) WITHOUT ROWID;
    `);
    this.#meters = new MeterTable(this.#sql);
    this.#replies = new KeptReplies(this.#sql);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
  }

  /** Admits a call and opens its row, or says why not; at the latest after the time that it would wait. */
  async admit(call: PackedCall): Promise<AdmissionAnswer<StoredKey>> {
    const waitMsMax = call.waitMsMax ?? 0;
    const lines = waitMsMax > 0 || this.#waiting.length > 0 ? this.#linesOf(call) : [];
    const answer = this.#admit(call, this.#ahead(lines, this.#waiting));
    const denial = contention(answer);
    if (!denial || waitMsMax === 0) return answer;
    return new Promise((resolve) => {
      const waiting: Waiting = { call, denial, lines, answer: resolve, timer: undefined };
      waiting.timer = setTimeout(() => {
        const before = this.#waiting.slice(0, this.#waiting.indexOf(waiting));
        this.#answerWaiting(waiting, this.#admit(call, this.#ahead(lines, before)));
        this.#admitWaiting();
      }, waitMsMax);
      this.#waiting.push(waiting);
    });
  }

  /** Lets in who waits, as far as there is room now: of those who need room in one scope nobody overtakes another. */
  #admitWaiting(): void {
    const full = new Set<string>();
    for (const waiting of [...this.#waiting]) {
      if (waiting.lines.some((scope) => full.has(scope))) continue;
      const answer = this.#admit(waiting.call);
      const denial = contention(answer);
      if (!denial) {
        this.#answerWaiting(waiting, answer);
        continue;
      }
      waiting.denial = denial;
      full.add(denial.scope);
      if (full.size >= IN_VAIN_MAX) return;
    }
  }

  /** What somebody waits for who stands in one of these lines already. */
  #ahead(lines: readonly string[], waiting: readonly Waiting[]): Denial | undefined {
    return waiting.find(({ denial }) => lines.includes(denial.scope))?.denial;
  }

  #linesOf({ key, models, ...call }: PackedCall): string[] {
    return bindingScopes(this.#scopesOf(this.#latestOf(key), { ...call, models }), models).map(({ id }) => id);
  }

  #answerWaiting(waiting: Waiting, answer: AdmissionAnswer<StoredKey>): void {
    clearTimeout(waiting.timer);
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    waiting.answer(answer);
  }

  /** `ahead`: what others are waiting for, who come before this call. */
  #admit(call: PackedCall, ahead?: Denial): AdmissionAnswer<StoredKey> {
    if (this.#withdrawn.has(call.id)) return { kind: "withdrawn" };
    const nowMs = Date.now();
    const key = this.#latestOf(call.key);
    if (!keyIsLive(key, nowMs)) return { kind: "ended", newerKey: key };
    const isNewer = key.updatedAtMs > call.key.updatedAtMs;
    if (isNewer && principalObjectName(key.policy.rules ?? {}, key.id) !== call.object) return { kind: "moved", newerKey: key };
    const forbidden = [call.model, ...call.others].find((name) => !isModelAllowed(key.policy, name));
    if (forbidden !== undefined) return { kind: "not-allowed", model: forbidden };
    if (call.idempotency) {
      const kept = this.#replies.look(call.idempotency.name, call.idempotency.bodyHash, nowMs);
      if (kept) return kept;
    }
    const scopes = this.#scopesOf(key, call);
    const held = this.#meters.read(scopes);
    const [meters, admission] = ahead ? [held, { kind: "denied" as const, denial: ahead }] : admit(held, nowMs, { ...call, scopes });
    if (admission.kind === "denied") return { kind: "denied", denial: admission.denial, standing: standing(meters, nowMs, scopes) };
    const { permit, barred } = admission;
    const now = standing(meters, nowMs, bindingScopes(permit.scopes, call.models, barred));
    this.#meters.store(markNotified(meters, now.soft));
    this.#putRow(call.id, "open", call.leaseUntilMs, permit, call.draft);
    this.#permits.set(call.id, permit);
    if (call.idempotency) this.#replies.begin(call.idempotency.name, call.idempotency.bodyHash, nowMs, call.leaseUntilMs);
    this.#wakeBy(call.leaseUntilMs);
    return { kind: "admitted", standing: now, barred, ...(isNewer ? { newerKey: key } : {}) };
  }

  #scopesOf({ id, policy }: StoredKey, { user, userLimits, model, others, models }: Omit<PackedCall, "key">): Scope[] {
    return scopesOf(policy.rules ?? {}, { keyId: id, user, userLimits, names: [model, ...others], models });
  }

  /** Books what a call used, and completes its row. Harmless when it comes twice. */
  async settle({ id, used, asked, row, idempotency }: PackedSettling): Promise<void> {
    const nowMs = Date.now();
    const permit = this.#permits.get(id);
    const held = permit ? { state: "open", permit } : this.#stored(id);
    if (idempotency) this.#replies.end(idempotency.name, idempotency.reply, nowMs);
    if (held?.state === "complete") return;
    if (held?.permit) {
      this.#meters.store(settle(this.#meters.read(held.permit.scopes), nowMs, held.permit, used, held.state === "unsettled", asked));
    }
    this.#putRow(id, "complete", nowMs, null, row);
    this.#permits.delete(id);
    this.#wakeBy(nowMs + FLUSH_MS);
    this.#admitWaiting();
  }

  /** A call is not made after all: it gets back what it was given, and has no row. It may still wait, or not even have come. */
  async withdraw({ id, idempotencyName }: { id: string; idempotencyName?: string }): Promise<void> {
    hold(this.#withdrawn, id, true);
    const waiting = this.#waiting.find(({ call }) => call.id === id);
    if (waiting) {
      this.#answerWaiting(waiting, { kind: "withdrawn" });
      this.#admitWaiting();
    }
    const stored = this.#permits.has(id) ? undefined : this.#stored(id);
    const permit = stored?.state === "open" ? stored.permit : this.#permits.get(id);
    if (!permit) return;
    const nowMs = Date.now();
    this.#meters.store(settle(this.#meters.read(permit.scopes), nowMs, permit, { requests: 0, tokens: 0, nanoUsd: 0 }, false));
    this.#sql.exec("DELETE FROM ledger WHERE id = ?", id);
    this.#permits.delete(id);
    if (idempotencyName !== undefined) this.#replies.end(idempotencyName, undefined, nowMs);
    this.#admitWaiting();
  }

  /** Takes a row that could not be put anywhere else. */
  async keep({ record }: UsageMessage): Promise<void> {
    if (this.#stored(record.id)?.state === "complete") return;
    this.#putRow(record.id, "complete", Date.now(), null, JSON.stringify(record));
    this.#wakeBy(Date.now() + FLUSH_MS);
  }

  /**
   * Learns of a change of a key: it holds from the next request on, whatever other readings say. `carried`: its meters, where they were
   * kept elsewhere.
   */
  async setKey(key: StoredKey, carried: readonly [string, Meter][] = []): Promise<void> {
    this.#latest(key.id, key.updatedAtMs, () => key);
    const held = this.#meters.read(carried.map(([id]) => ({ id })));
    this.#meters.store(new Map(carried.map(([id, meter]) => [id, adopted(held.get(id) ?? emptyMeter(), meter)])));
    // A limit may have been raised.
    this.#admitWaiting();
  }

  /**
   * Learns that a key's books are kept elsewhere from now on, and gives what they hold; they stay here until they are known to have
   * arrived.
   */
  async release(key: StoredKey): Promise<[string, Meter][]> {
    this.#latest(key.id, key.updatedAtMs, () => key);
    const { budget = [], userBudget = [] } = key.policy.rules ?? {};
    const nowMs = Date.now();
    const meters = [...this.#meters.ofKey(key.id)];
    return meters.map(([id, meter]) => [id, handedOver(meter, nowMs, id.startsWith("user ") ? userBudget : budget)]);
  }

  /** A key's books have arrived elsewhere. */
  async forget(keyId: string): Promise<void> {
    this.#meters.remove(this.#meters.ofKey(keyId));
  }

  /** Sends completed rows on, books what nobody settled, and comes back when there is more to do. */
  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    const nowMs = Date.now();
    this.#expire(nowMs);
    this.#replies.forget(nowMs);
    const batch = this.#nextBatch();
    try {
      if (batch.length > 0) await this.env.USAGE_QUEUE.sendBatch(batch.map(({ message }) => ({ body: JSON.parse(message) })));
    } catch (error) {
      const failures = (this.ctx.storage.kv.get<number>("failures") ?? 0) + 1;
      this.ctx.storage.kv.put("failures", failures);
      consoleLog("error", "usage-rows-not-sent", { failures, ...errorFacts(error) });
      this.#wakeBy(nowMs + retryDelaySeconds(failures) * 1000);
      return;
    }
    for (const { id, state } of batch) {
      // What nobody settled is kept: the truth may still come.
      if (state === "unsettled") this.#sql.exec("UPDATE ledger SET is_sent = 1 WHERE id = ? AND state = 'unsettled'", id);
      else this.#sql.exec("DELETE FROM ledger WHERE id = ?", id);
    }
    this.#sql.exec("DELETE FROM ledger WHERE state = 'unsettled' AND is_sent = 1 AND until_ms <= ?", nowMs - LATE_MS_MAX);
    if (batch.length > 0) this.ctx.storage.kv.delete("failures");
    if (this.#nextBatch().length > 0) {
      this.#wakeBy(Date.now());
      return;
    }
    const first = (state: LedgerRow["state"]): number | null =>
      this.#sql.exec<{ at: number | null }>("SELECT MIN(until_ms) AS at FROM ledger WHERE state = ?", state).one().at;
    const [lease, unsettled, reply] = [first("open"), first("unsettled"), this.#replies.nextEndMs];
    for (const atMs of [lease, unsettled === null ? null : unsettled + LATE_MS_MAX, reply]) if (atMs !== null) this.#wakeBy(atMs);
  }

  #latestOf({ id, updatedAtMs, text }: PackedCall["key"]): StoredKey {
    return this.#latest(id, updatedAtMs, () => JSON.parse(text) as StoredKey); // packed from one
  }

  /** The later of the caller's reading and of what this object knows; that is remembered. */
  #latest(id: string, readAtMs: number, read: () => StoredKey): StoredKey {
    const held = this.#heldKeys.get(id) ?? this.#storedKey(id);
    if (held) hold(this.#heldKeys, id, held);
    if (held && held.updatedAtMs >= readAtMs) return held;
    const key = read();
    this.#sql.exec("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", id, readAtMs, JSON.stringify(key));
    hold(this.#heldKeys, id, key);
    return key;
  }

  #storedKey(id: string): StoredKey | undefined {
    const [row] = this.#sql.exec<{ key: string }>("SELECT key FROM keys WHERE id = ?", id);
    return row && (JSON.parse(row.key) as StoredKey); // written by `#latest`
  }

  /** Calls whose lease ran out are booked as they were estimated: whoever held them is gone. */
  #expire(nowMs: number): void {
    const rows = this.#sql
      .exec<LedgerRow>("SELECT id, state, permit, message FROM ledger WHERE state = 'open' AND until_ms <= ? LIMIT ?", nowMs, EXPIRIES_MAX)
      .toArray();
    for (const { id, permit: stored, message } of rows) {
      const permit = JSON.parse(stored ?? "null") as Permit; // an open row has one
      const { record } = JSON.parse(message) as UsageMessage; // written by `#putRow`
      // Without a budget no money was reserved; the row's own estimate is the cost then.
      const costNanoUsd = record.costNanoUsd === null ? null : permit.reserved.nanoUsd || record.costNanoUsd;
      const row: UsageRecord = { ...record, status: "unsettled", costNanoUsd, latencyMs: nowMs - record.atMs };
      this.#meters.store(settle(this.#meters.read(permit.scopes), nowMs, permit, permit.reserved, false));
      this.#putRow(id, "unsettled", nowMs, permit, JSON.stringify(row));
      this.#permits.delete(id);
    }
    if (rows.length === 0) return;
    this.#wakeBy(nowMs + FLUSH_MS);
    this.#admitWaiting();
  }

  #stored(id: string): { state: LedgerRow["state"]; permit: Permit | null } | undefined {
    const [row] = this.#sql.exec<LedgerRow>("SELECT id, state, permit, message FROM ledger WHERE id = ?", id);
    return row && { state: row.state, permit: JSON.parse(row.permit ?? "null") as Permit | null }; // written by `#putRow`
  }

  /** `record` is a UsageRecord as JSON: it is carried, and read only where nobody settles the call. */
  #putRow(id: string, state: LedgerRow["state"], untilMs: number, permit: Permit | null, record: string): void {
    const stored = permit === null ? null : JSON.stringify(permit);
    this.#sql.exec("INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, 0, ?, ?)", id, state, untilMs, stored, `{"v":1,"record":${record}}`);
  }

  #nextBatch(): LedgerRow[] {
    const rows = this.#sql.exec<LedgerRow>(
      "SELECT id, state, permit, message FROM ledger WHERE state != 'open' AND is_sent = 0 ORDER BY id LIMIT ?",
      BATCH_MESSAGES_MAX,
    );
    const batch: LedgerRow[] = [];
    let chars = 0;
    for (const row of rows) {
      chars += row.message.length;
      if (batch.length > 0 && chars > BATCH_CHARS_MAX) break;
      batch.push(row);
    }
    return batch;
  }

  /** One alarm for all: the soonest thing to do. */
  #wakeBy(atMs: number): void {
    if (this.#alarmAtMs !== null && this.#alarmAtMs <= atMs) return;
    this.#alarmAtMs = atMs;
    // Not awaited: the output gate holds the answer back until it is stored.
    void this.ctx.storage.setAlarm(atMs);
  }
}
