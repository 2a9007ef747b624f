import type { LedgerKey } from "../admission";
import type { AdmissionAnswer, AdmissionCall, LedgerPort, Settling } from "../limits";
import type { UsageRecord } from "../metering";

/** A call on its way to the object: what that only keeps travels as text, so that nobody takes it apart. */
export interface PackedCall extends Omit<AdmissionCall<LedgerKey, UsageRecord>, "key" | "draft"> {
  /** `text`: a LedgerKey as JSON, read where the object does not know so late a version. */
  key: { id: string; updatedAtMs: number; text: string };
  /** A UsageRecord as JSON. */
  draft: string;
  /** Of the object that is asked. */
  object: string;
}

export interface PackedSettling extends Omit<Settling<UsageRecord>, "row"> {
  /** A UsageRecord as JSON. */
  row: string;
}

/** The object that keeps a key's books, as a Durable Object stub offers it. */
export interface LedgerStub {
  admit(call: PackedCall): Promise<AdmissionAnswer<LedgerKey>>;
  settle(settling: PackedSettling): Promise<void>;
  withdraw(call: { id: string; idempotencyName?: string }): Promise<void>;
}

/** `name`: of the object. */
export function ledgerOf(stub: LedgerStub, name: string): LedgerPort<LedgerKey, UsageRecord> {
  return {
    admit: ({ key, draft, ...call }) => {
      const packed = { id: key.id, updatedAtMs: key.updatedAtMs, text: JSON.stringify(key) };
      return stub.admit({ ...call, key: packed, draft: JSON.stringify(draft), object: name });
    },
    settle: ({ row, ...settling }) => stub.settle({ ...settling, row: JSON.stringify(row) }),
    withdraw: ({ id, idempotency }) => stub.withdraw({ id, ...(idempotency ? { idempotencyName: idempotency.name } : {}) }),
  };
}
