import { withDeadline } from "../core/deadline";
import { errorFacts, type Log } from "../core/log";
import type { UsageMessage, UsageRecord } from "./record";

/** All tries together stay far below the 30 s that a Worker has after its reply. */
const QUEUE_DEADLINE_MS = 3000;
const STORE_DEADLINE_MS = 5000;
const OUTBOX_DEADLINE_MS = 3000;

/** Takes messages for later storage, at least once. Throws when it did not take it. */
export interface UsageQueue {
  send(message: UsageMessage): Promise<void>;
}

/** Holds the rows. Inserting a record whose id is there already changes nothing. Throws when it did not store them. */
export interface UsageStore {
  insert(records: readonly UsageRecord[]): Promise<void>;
}

/** Keeps messages until the queue takes them, over evictions and deploys. Throws when it did not keep it. */
export interface UsageOutbox {
  keep(message: UsageMessage): Promise<void>;
}

export interface UsageSink {
  /** Absent in a deployment without a queue: rows are then written straight away. */
  queue?: UsageQueue;
  store: UsageStore;
  /** Of the key whose request it is. Absent in a deployment without durable objects. */
  outbox?: (keyId: string) => UsageOutbox;
}

/**
 * Sees to it that a record is not lost: into the queue; if that fails, straight into the table (a message that went through all the same
 * does no harm, rows are idempotent by id); if that fails too, into the key's outbox, which tries again for as long as it takes; at the
 * very last into the log as one line that holds all of it. Never throws.
 */
export async function recordUsage(record: UsageRecord, { queue, store, outbox }: UsageSink, log: Log): Promise<void> {
  const message: UsageMessage = { v: 1, record };
  const ways: { event: string; take: (() => Promise<void>) | undefined; limitMs: number; what: string }[] = [
    { event: "usage-queue-failed", take: queue && (() => queue.send(message)), limitMs: QUEUE_DEADLINE_MS, what: "the usage queue" },
    { event: "usage-table-failed", take: () => store.insert([record]), limitMs: STORE_DEADLINE_MS, what: "the usage table" },
    {
      event: "usage-outbox-failed",
      take: outbox && (() => outbox(record.keyId).keep(message)),
      limitMs: OUTBOX_DEADLINE_MS,
      what: "the usage outbox",
    },
  ];
  for (const { event, take, limitMs, what } of ways) {
    if (!take) continue;
    try {
      await withDeadline(take(), limitMs, what);
      return;
    } catch (error) {
      log("warn", event, { request_id: record.id, ...errorFacts(error) });
    }
  }
  log("error", "usage-record-not-stored", { request_id: record.id, record });
}
