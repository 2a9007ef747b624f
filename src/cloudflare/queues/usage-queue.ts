import { errorFacts, type Log } from "../../core/log";
import { readUsageMessage, retryDelaySeconds, type UsageMessage, type UsageQueue, type UsageRecord, type UsageStore } from "../../metering";

/** A message that cannot be read is logged on its first delivery and every so many after. */
const LOG_EVERY = 25;

/** The producer's end. */
export function usageQueue(queue: Queue<UsageMessage>): UsageQueue {
  return {
    async send(message) {
      await queue.send(message, { contentType: "json" });
    },
  };
}

/**
 * The consumer's end: stores a batch in one go, acknowledges what is stored. A message that cannot be read is refused, so that it ends in
 * the dead-letter queue, and logged by the names of its faulty fields. When the table fails, all wait, longer each time. A message that
 * comes twice makes one row.
 */
export async function storeUsageBatch(messages: readonly Message<unknown>[], store: UsageStore, log: Log): Promise<void> {
  const readable: { message: Message<unknown>; record: UsageRecord }[] = [];
  for (const message of messages) {
    const reading = readUsageMessage(message.body);
    if ("record" in reading) {
      readable.push({ message, record: reading.record });
    } else {
      // It comes back at once, up to the queue's own bound: now and then is enough.
      if (message.attempts % LOG_EVERY === 1) {
        log("error", "usage-message-malformed", { message_id: message.id, attempts: message.attempts, faults: reading.faults });
      }
      message.retry();
    }
  }
  if (readable.length === 0) return;
  try {
    await store.insert(readable.map(({ record }) => record));
  } catch (error) {
    log("error", "usage-batch-not-stored", { messages: readable.length, ...errorFacts(error) });
    for (const { message } of readable) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
    return;
  }
  for (const { message } of readable) message.ack();
}
