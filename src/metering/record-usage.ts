import { withDeadline } from "../core/deadline";
import { errorFacts, type Log } from "../core/log";
import type { UsageMessage, UsageRecord } from "./record";

/** Both tries together stay far below the 30 s that a Worker has after its reply. */
const QUEUE_DEADLINE_MS = 3000;
const STORE_DEADLINE_MS = 5000;

/** Takes messages for later storage, at least once. Throws when it did not take it. */
export interface UsageQueue {
  send(message: UsageMessage): Promise<void>;
}

/** Holds the rows. Inserting a record whose id is there already changes nothing. Throws when it did not store them. */
export interface UsageStore {
  insert(records: readonly UsageRecord[]): Promise<void>;
}

export interface UsageSink {
  /** Absent in a deployment without a queue: rows are then written straight away. */
  queue?: UsageQueue;
  store: UsageStore;
}

/**
 * Sees to it that a record is not lost: into the queue; if that fails, straight into the table (a message that went through all the same
 * does no harm, rows are idempotent by id); if that fails too, into the log as one line that holds all of it. Never throws.
 */
export async function recordUsage(record: UsageRecord, { queue, store }: UsageSink, log: Log): Promise<void> {
  if (queue) {
    try {
      await withDeadline(queue.send({ v: 1, record }), QUEUE_DEADLINE_MS, "the usage queue");
      return;
    } catch (error) {
      log("warn", "usage-queue-failed", { request_id: record.id, ...errorFacts(error) });
    }
  }
  try {
    await withDeadline(store.insert([record]), STORE_DEADLINE_MS, "the usage table");
  } catch (error) {
    log("error", "usage-record-not-stored", { request_id: record.id, record, ...errorFacts(error) });
  }
}
