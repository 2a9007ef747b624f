import type { Admittance, Notice } from "./admission";
import { withDeadline } from "./core/deadline";
import { errorFacts, type Log } from "./core/log";
import type { Fetch } from "./dispatch";
import type { KeptReply } from "./limits";
import { recordUsage, type UsageRecord, type UsageSink } from "./metering";

export interface SettlingPorts {
  /** Where rows go that the ledger does not take. */
  usage: UsageSink;
  /** Calls operators' webhooks. */
  notify: Fetch;
  log: Log;
}

/** A notice of an operator's is given so long. */
const NOTICE_DEADLINE_MS = 5000;

/** Tells an operator's webhook of a budget; once, and whatever it answers. */
export async function sendNotice({ webhook, body }: Notice, { notify, log }: SettlingPorts): Promise<void> {
  try {
    const headers = { "content-type": "application/json", "user-agent": "sluice" };
    const sent = notify(new Request(webhook, { method: "POST", headers, body: JSON.stringify(body), redirect: "manual" }));
    await (await withDeadline(sent, NOTICE_DEADLINE_MS, "the webhook")).body?.cancel();
  } catch (error) {
    log("warn", "budget-notice-failed", { scope: body.scope, ...errorFacts(error) });
  }
}

/**
 * Books the row in the ledger of its key; where that fails, sends it straight on. And one line per request that did not go well: what the row says,
 * without tags, user, usage object and warnings.
 */
export async function keep(
  record: UsageRecord,
  admittance: Admittance,
  reply: KeptReply | undefined,
  { usage, log }: SettlingPorts,
): Promise<void> {
  if (record.status !== "ok") {
    const { tags: _tags, usageRaw: _usageRaw, warnings: _warnings, user: _user, ...facts } = record;
    log("warn", "request", facts);
  }
  try {
    await withDeadline(admittance.settle(record, record.status === "ok" ? reply : undefined), SETTLE_DEADLINE_MS, "the ledger");
  } catch (error) {
    log("error", "ledger-failed", { request_id: record.id, ...errorFacts(error) });
    await recordUsage(record, usage, log);
  }
}

/** Far below the 30 s that a Worker has after its reply, with time left for the other ways. */
const SETTLE_DEADLINE_MS = 5000;
