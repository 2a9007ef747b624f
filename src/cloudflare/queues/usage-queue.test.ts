import { describe, expect, test } from "vitest";
import { collectLog } from "../../../test/support/keys";
import { openD1 } from "../../../test/support/sqlite-d1";
import { makeFacts } from "../../../test/support/usage";
import { newRequestId } from "../../core/id";
import { systemRandom } from "../../core/random";
import { buildRecord, type UsageMessage, type UsageRecord } from "../../metering";
import { D1Usage } from "../d1/usage";
import { storeUsageBatch, usageQueue } from "./usage-queue";

const EVER = { fromMs: 0, toMs: 2 ** 42 };

function makeRecord(change: Partial<UsageRecord> = {}): UsageRecord {
  return { ...buildRecord(makeFacts({ id: newRequestId(1_795_000_000_000, systemRandom) })), ...change };
}

/** A message as the platform delivers it, and what became of it. */
function deliver(body: unknown, attempts = 1) {
  const outcome: { acked?: true; retried?: { delaySeconds?: number } } = {};
  const message = {
    id: `message-${attempts}`,
    timestamp: new Date(0),
    body,
    attempts,
    metadata: {},
    ack() {
      outcome.acked = true;
    },
    retry(options: { delaySeconds?: number } = {}) {
      outcome.retried = options;
    },
  };
  return { message: message as unknown as Message<unknown>, outcome };
}

async function consume(deliveries: ReturnType<typeof deliver>[], { db, fake } = openD1()) {
  const { log, lines } = collectLog();
  const usage = new D1Usage(db);
  const messages = deliveries.map(({ message }) => message);
  await storeUsageBatch(messages, usage, log);
  return { outcomes: deliveries.map(({ outcome }) => outcome), lines, usage, db, fake };
}

describe("the consumer", () => {
  test("stores a batch and acknowledges each message", async () => {
    const { outcomes, usage } = await consume([deliver({ v: 1, record: makeRecord() }), deliver({ v: 1, record: makeRecord() })]);
    expect(outcomes).toEqual([{ acked: true }, { acked: true }]);
    expect((await usage.report("key", EVER)).totals.requests).toBe(2);
  });

  test("a message that comes twice, in one batch and in the next, makes one row", async () => {
    const body = { v: 1, record: makeRecord() };
    const first = await consume([deliver(body), deliver(body)]);
    const second = await consume([deliver(body, 2)], first);
    expect([...first.outcomes, ...second.outcomes]).toEqual([{ acked: true }, { acked: true }, { acked: true }]);
    expect((await second.usage.report("key", EVER)).totals.requests).toBe(1);
  });

  test("a poison message among good ones is refused alone, and the log names its fields, not its content", async () => {
    const poison = { v: 1, record: makeRecord({ inputTokens: "SECRET" as unknown as number }) };
    const { outcomes, usage, lines } = await consume([
      deliver({ v: 1, record: makeRecord() }),
      deliver(poison),
      deliver("garbage SECRET"),
      deliver({ v: 1, record: makeRecord() }),
    ]);
    expect(outcomes).toEqual([{ acked: true }, { retried: {} }, { retried: {} }, { acked: true }]);
    expect((await usage.report("key", EVER)).totals.requests).toBe(2);
    expect(lines).toHaveLength(2);
    expect(lines.join()).toContain("record.inputTokens: invalid_type");
    expect(lines.join()).not.toContain("SECRET");
  });

  test("while the table fails all wait, the longer the older; afterwards each makes its row", async () => {
    const opened = openD1();
    opened.fake.failure = new Error("D1 is down");
    const bodies = [1, 2, 30].map((attempts) => ({ body: { v: 1, record: makeRecord() }, attempts }));
    const down = await consume(
      bodies.map(({ body, attempts }) => deliver(body, attempts)),
      opened,
    );
    expect(down.outcomes).toEqual([
      { retried: { delaySeconds: 10 } },
      { retried: { delaySeconds: 20 } },
      { retried: { delaySeconds: 3600 } },
    ]);
    expect(down.lines.join()).toContain("usage-batch-not-stored");
    opened.fake.failure = undefined;
    const up = await consume(
      bodies.map(({ body, attempts }) => deliver(body, attempts + 1)),
      opened,
    );
    expect((await up.usage.report("key", EVER)).totals.requests).toBe(3);
  });

  test("a poison message that keeps coming back does not fill the log", async () => {
    const { outcomes, lines } = await consume(Array.from({ length: 100 }, (_, at) => deliver("garbage", at + 1)));
    expect(outcomes.every(({ retried }) => retried !== undefined)).toBe(true);
    expect(lines).toHaveLength(4);
  });

  test("an empty batch asks the table nothing", async () => {
    const { fake } = await consume([]);
    expect(fake.statements).toBe(0);
  });
});

test("the producer sends JSON, which the dashboard and a pull consumer can read too", async () => {
  const sent: unknown[][] = [];
  const queue = { send: async (...call: unknown[]) => void sent.push(call) } as unknown as Queue<UsageMessage>;
  const message: UsageMessage = { v: 1, record: makeRecord() };
  await usageQueue(queue).send(message);
  expect(sent).toEqual([[message, { contentType: "json" }]]);
});
