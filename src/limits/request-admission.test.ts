import { describe, expect, it } from "vitest";
import { collectLog } from "../../test/support/keys";
import type { AdmissionAnswer, KeyVersion, LedgerPort } from "./ledger-port";
import { requestAdmission } from "./request-admission";

const key: KeyVersion = { id: "key_1", updatedAtMs: 0, policy: {} };
const call = {
  id: "req_1",
  key,
  model: "m",
  others: [],
  models: ["p/m"],
  want: { requests: 1, tokens: 0, nanoUsd: 0, leastNanoUsd: 0, isBound: true },
  leaseUntilMs: 0,
  draft: {},
};
const standing = { requests: null, tokens: null, soft: [] };
const denied = (change: object): AdmissionAnswer<KeyVersion> => ({
  kind: "denied",
  standing,
  denial: { scope: "user key_1/ann", kind: "rate", name: "requestsPerMinute", limit: 5, opensAtMs: 3500, isContended: false, ...change },
});

function request(ledger: Partial<LedgerPort<KeyVersion, object>>, onFailure: "open" | "closed" = "open", lines = collectLog()) {
  const done = async () => {};
  const port = { admit: async () => ({ kind: "admitted" as const, standing, barred: [] }), settle: done, withdraw: done, ...ledger };
  const ports = { ledger: port, now: () => 1000, log: lines.log, onFailure, background: () => {} };
  return requestAdmission(call, ports, () => ({ "x-limit": "5" }));
}

describe("a limiter that fails", () => {
  const fails = { admit: async () => Promise.reject(new Error("object is down")) };
  const hangs = { admit: () => new Promise<never>(() => {}) };

  it.each([
    ["fails", fails],
    ["hangs", hangs],
  ])("and %s lets requests through or refuses them, as the key says, within a bounded time, and is logged", async (_, ledger) => {
    const lines = collectLog();
    expect(await request(ledger, "open", lines)).toEqual({ kind: "admitted" });
    expect(lines.lines.join()).toContain("limiter-failed");
    const withdrawn: string[] = [];
    const withdraw = async ({ id }: { id: string }) => void withdrawn.push(id);
    const refused = request({ ...ledger, withdraw }, "closed");
    await expect(refused).rejects.toMatchObject({ status: 503, code: "limiter_unavailable", retryAfterSeconds: 5 });
    // A limiter that decides after all is told that nobody goes.
    expect(withdrawn).toEqual(["req_1"]);
  });
});

describe("a refusal", () => {
  it("says which limit of whom, of how much, and when it opens", async () => {
    await expect(request({ admit: async () => denied({}) })).rejects.toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      retryAfterSeconds: 2.5,
      headers: { "x-limit": "5" },
      message: "This user is limited to 5 requests per minute. It opens again at 1970-01-01T00:00:03.500Z.",
    });
  });

  it("tells a spent budget from one that others have reserved, and waits for those once", async () => {
    const asked: (number | undefined)[] = [];
    const contended = denied({ kind: "budget", name: "day", limit: 1e9, opensAtMs: null, isContended: true });
    const admit = async ({ waitMsMax }: { waitMsMax?: number }) => {
      asked.push(waitMsMax);
      return contended;
    };
    await expect(request({ admit })).rejects.toMatchObject({
      status: 429,
      kind: "rate-limited",
      code: "budget_reserved",
      retryAfterSeconds: 1,
    });
    expect(asked).toEqual([0, 3000]);
    const spent = denied({ kind: "budget", name: "total", limit: 5e8, opensAtMs: null, isContended: false });
    await expect(request({ admit: async () => spent })).rejects.toMatchObject({
      kind: "budget-exhausted",
      code: "insufficient_quota",
      message: expect.stringContaining("$0.5"),
    });
  });

  it("of a key that has ended looks like that of any bad key", async () => {
    await expect(request({ admit: async () => ({ kind: "ended", newerKey: key }) })).rejects.toMatchObject({
      status: 401,
      code: "invalid_api_key",
    });
  });
});
