import { Hono } from "hono";
import { beforeEach, describe, expect, test } from "vitest";
import { collectLog, Isolate, KeyWorld, TEST_PEPPER } from "../../test/support/keys";
import { openD1, type SqliteD1 } from "../../test/support/sqlite-d1";
import { makeFacts } from "../../test/support/usage";
import { authenticate, hashKey, type KeySnapshot } from "../auth";
import { D1Keys } from "../cloudflare/d1/keys";
import { D1Usage } from "../cloudflare/d1/usage";
import { newRequestId } from "../core/id";
import { systemRandom } from "../core/random";
import { buildRecord, type UsageRecord } from "../metering";
import { type AdminServices, createAdmin, type UpstreamHealth } from ".";

const TOKEN = "an-admin-token-of-some-length";
const NOW = Date.parse("2026-11-23T12:00:00Z");
const DAY_MS = 24 * 3_600_000;

let nowMs: number;
let fake: SqliteD1;
const upstreams: UpstreamHealth[] = [];
let services: AdminServices;
let app: Hono;
let lines: string[];
let snapshots: Map<string, KeySnapshot>;
let isSnapshotStoreUp: boolean;
/** Every body and header that left the API in a test. */
let said: string[];

beforeEach(() => {
  nowMs = NOW;
  const opened = openD1();
  fake = opened.fake;
  const collected = collectLog();
  lines = collected.lines;
  snapshots = new Map();
  isSnapshotStoreUp = true;
  said = [];
  services = {
    keys: new D1Keys(opened.db),
    usage: new D1Usage(opened.db),
    cache: { purge: async () => 0 },
    explain: async () => ({}),
    requestBytesMax: 1024,
    upstreams: async (_request, region = "local") => ({ region, deployments: upstreams }),
    announcement: {
      memory: { forget: () => {} },
      snapshots: {
        async put(snapshot) {
          if (!isSnapshotStoreUp) throw new Error("KV is down");
          snapshots.set(snapshot.key.id, snapshot);
        },
      },
    },
    clock: () => nowMs,
    random: systemRandom,
    log: collected.log,
    adminToken: TOKEN,
    pepper: TEST_PEPPER,
  };
  app = new Hono().route("/admin/v1", createAdmin(services));
});

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: replies are read here as a client without types would
  body: any;
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await app.request(`/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  said.push(text, JSON.stringify([...response.headers]));
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

async function makeKey(body: object = {}): Promise<{ id: string; key: string }> {
  const answer = await call("POST", "/keys", { name: "test", ...body });
  expect(answer.status).toBe(201);
  return answer.body;
}

/** A client in an isolate that knows nothing yet, against the same database. */
function freshClient(): (key: string) => Promise<number> {
  const isolate = new Isolate(new KeyWorld());
  const authentication = { ...isolate, source: services.keys as D1Keys, clock: () => nowMs, log: services.log };
  return (key) =>
    authenticate(new Headers({ "x-api-key": key }), authentication).then(
      () => 200,
      (error) => error.status,
    );
}

function rows(...changes: Partial<UsageRecord>[]): UsageRecord[] {
  return changes.map((change) => {
    const atMs = change.atMs ?? NOW - 1000;
    return { ...buildRecord(makeFacts({ atMs, id: newRequestId(atMs, systemRandom) })), ...change };
  });
}

describe("the guard", () => {
  const paths = ["/keys", "/keys/key_0", "/usage", "/requests", "/requests/req_0", "/nonsense", ""];

  test("answers every missing or wrong token with one and the same 401, on every path and method", async () => {
    const bodies = new Set<string>();
    for (const path of paths) {
      for (const authorization of [
        "",
        "Bearer",
        `Bearer ${TOKEN}x`,
        `Bearer ${TOKEN.slice(1)}`,
        `Basic ${TOKEN}`,
        TOKEN,
        `bearer x ${TOKEN}`,
      ]) {
        for (const method of ["GET", "POST", "DELETE"]) {
          const { status, body, headers } = await call(method, path, undefined, { authorization });
          bodies.add(JSON.stringify([status, body, headers.get("cache-control"), headers.get("www-authenticate")]));
        }
      }
    }
    expect([...bodies].map((text) => JSON.parse(text))).toEqual([
      [
        401,
        {
          error: {
            message: expect.stringContaining("ADMIN_TOKEN"),
            type: "authentication_error",
            param: null,
            code: "invalid_admin_token",
          },
        },
        "no-store",
        "Bearer",
      ],
    ]);
  });

  test.each([undefined, ""])("with the admin token %j lets nobody in and says how to set it", async (adminToken) => {
    app = new Hono().route("/admin/v1", createAdmin({ ...services, adminToken }));
    for (const authorization of ["", "Bearer ", `Bearer ${adminToken}`]) {
      const { status, headers, body } = await call("GET", "/keys", undefined, { authorization });
      expect([status, headers.get("retry-after"), headers.get("cache-control")]).toEqual([503, "60", "no-store"]);
      expect(body.error.message).toContain("wrangler secret put ADMIN_TOKEN");
    }
  });

  test("works with a secret that can be guessed, and says so on every reply", async () => {
    expect((await call("GET", "/keys")).headers.get("x-sluice-warnings")).toBeNull();
    app = new Hono().route("/admin/v1", createAdmin({ ...services, adminToken: "short" }));
    const { status, headers } = await call("GET", "/keys", undefined, { authorization: "Bearer short" });
    expect([status, headers.get("x-sluice-warnings")]).toEqual([200, "ADMIN_TOKEN should have 16 random characters or more"]);
  });

  test("takes the token in any case of Bearer", async () => {
    expect((await call("GET", "/keys", undefined, { authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });
});

describe("paths and methods", () => {
  test.each([
    ["PUT", "/keys", "GET, POST"],
    ["POST", "/keys/key_0", "GET, PATCH, DELETE"],
    ["GET", "/keys/key_0/rotate", "POST"],
    ["DELETE", "/usage", "GET"],
    ["POST", "/requests", "GET"],
    ["PATCH", "/requests/req_0", "GET"],
  ])("%s %s is 405 and names %s", async (method, path, allow) => {
    const { status, headers, body } = await call(method, path);
    expect([status, headers.get("allow"), body.error.code]).toEqual([405, allow, "method_not_allowed"]);
  });

  test.each(["", "/", "/key", "/keys/key_0/x", "/keys/key_0/rotate/x"])("%s is 404", async (path) => {
    expect(await call("GET", path)).toMatchObject({ status: 404, body: { error: { code: "route_not_found" } } });
  });

  test("every reply, also an error, is no-store", async () => {
    for (const [method, path] of [
      ["GET", "/keys"],
      ["GET", "/keys/key_0"],
      ["POST", "/keys"],
      ["PUT", "/keys"],
      ["GET", "/usage?x=1"],
      ["GET", "/nothing"],
    ] as const) {
      expect((await call(method, path)).headers.get("cache-control")).toBe("no-store");
    }
  });

  test("a database that is down is 503 with a time to retry, and the log says why", async () => {
    fake.failure = new Error("D1_ERROR: SECRET HOST");
    for (const path of ["/keys", "/keys/key_0", "/usage", "/requests", "/requests/x"]) {
      const { status, headers, body } = await call("GET", path);
      expect([status, headers.get("retry-after"), body.error.type]).toEqual([503, "5", "server_error"]);
    }
    expect(said.join()).not.toContain("SECRET HOST");
    expect(lines.join()).toContain("SECRET HOST");
  });

  test("an unexpected failure is 500 without its words", async () => {
    const broken = { ...services.keys, list: () => Promise.reject(new TypeError("SECRET")) } as unknown as AdminServices["keys"];
    app = new Hono().route("/admin/v1", createAdmin({ ...services, keys: broken }));
    expect(await call("GET", "/keys")).toMatchObject({ status: 500, body: { error: { code: "internal_error" } } });
    expect(said.join()).not.toContain("SECRET");
    expect(lines.join()).toContain("SECRET");
  });
});

describe("POST /keys", () => {
  test("makes a key that works, shows it once, and shows its limits as they were given", async () => {
    const policy = {
      models: ["gpt-4o*", "fast"],
      tags: { team: "a" },
      limits: { rpm: 60 },
      budget: { usd: 5.5, per: "month", timeZone: "Europe/Rome" },
    };
    const { status, body } = await call("POST", "/keys", { name: " Ann ", ...policy, expires_in_days: 1.5 });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^key_/),
      key: expect.stringMatching(/^sk-sluice-/),
      name: "Ann",
      status: "active",
      ...policy,
      disabled: false,
      created_at: "2026-11-23T12:00:00.000Z",
      updated_at: "2026-11-23T12:00:00.000Z",
      expires_at: "2026-11-25T00:00:00.000Z",
      revoked_at: null,
    });
    expect(await freshClient()(body.key)).toBe(200);
    const shown = await call("GET", `/keys/${body.id}`);
    const { key: _, warnings: __, ...rest } = body;
    expect(shown.body).toEqual(rest);
  });

  test("null is like leaving out", async () => {
    const { body } = await call("POST", "/keys", { name: "a", models: null, tags: null, limits: null, budget: null, expires_at: null });
    expect(body).not.toHaveProperty("warnings");
    expect(body).toMatchObject({ models: null, tags: {}, limits: null, budget: null, expires_at: null });
  });

  test.each([
    ["2026-12-31", "2026-12-31T00:00:00.000Z"],
    ["2026-12-31T18:00:00+01:00", "2026-12-31T17:00:00.000Z"],
    [1_798_761_600, "2027-01-01T00:00:00.000Z"],
  ])("expires_at %j is %s", async (expires_at, expected) => {
    expect((await call("POST", "/keys", { name: "a", expires_at })).body.expires_at).toBe(expected);
  });

  test.each<[string, unknown, string | null]>([
    ["no name", {}, "name"],
    ["an empty name", { name: "  " }, "name"],
    ["a long name", { name: "x".repeat(101) }, "name"],
    ["a name that is no text", { name: 7 }, "name"],
    ["an unknown field", { name: "a", modles: ["x"] }, "modles"],
    ["models that are no list", { name: "a", models: "gpt-4o" }, "models"],
    ["an empty list of models", { name: "a", models: [] }, "models"],
    ["a star in the middle", { name: "a", models: ["gpt-*-mini"] }, "models.0"],
    ["a model that is no text", { name: "a", models: ["x", 1] }, "models.1"],
    ["too many models", { name: "a", models: Array.from({ length: 201 }, () => "x") }, "models"],
    ["tags that are no texts", { name: "a", tags: { team: 1 } }, "tags.team"],
    ["limits that are no numbers", { name: "a", limits: { rpm: "60" } }, "limits.rpm"],
    ["a negative limit", { name: "a", limits: { rpm: -1 } }, "limits.rpm"],
    ["a budget that is a list", { name: "a", budget: [1] }, "budget"],
    ["a nested budget", { name: "a", budget: { usd: { day: 1 } } }, "budget"],
    ["too many entries", { name: "a", limits: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`l${at}`, 1])) }, "limits"],
    ["a past expiry", { name: "a", expires_at: "2026-11-23T11:59:59Z" }, "expires_at"],
    ["an expiry in milliseconds", { name: "a", expires_at: NOW + DAY_MS }, "expires_at"],
    ["a day that does not exist", { name: "a", expires_at: "2027-02-30" }, "expires_at"],
    ["a time without its zone", { name: "a", expires_at: "2027-02-03T10:00:00" }, "expires_at"],
    ["an expiry of another kind", { name: "a", expires_at: true }, "expires_at"],
    ["two expiries", { name: "a", expires_at: "2027-01-01", expires_in_days: 3 }, "expires_in_days"],
    ["an expiry after no time", { name: "a", expires_in_days: 0 }, "expires_in_days"],
    ["a list", [], null],
    ["no JSON", "{name:", null],
    ["a field given twice", '{"name":"a","name":"b"}', "name"],
  ])("refuses %s, naming the field", async (_, body, param) => {
    const answer = await call("POST", "/keys", body);
    expect(answer).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error", param } } });
    if (param !== null) expect(answer.body.error.message).toContain(param);
    expect((await call("GET", "/keys")).body.data).toEqual([]);
  });

  test("refuses a body over 64 KiB, another content type, and no body", async () => {
    expect((await call("POST", "/keys", JSON.stringify({ name: "a", tags: { x: "y".repeat(66_000) } }))).status).toBe(413);
    expect((await call("POST", "/keys", "name=a", { "content-type": "application/x-www-form-urlencoded" })).status).toBe(415);
    expect((await call("POST", "/keys")).status).toBe(400);
  });

  test("without a pepper: 503 saying what to set, and no key", async () => {
    app = new Hono().route("/admin/v1", createAdmin({ ...services, pepper: undefined }));
    const { status, body } = await call("POST", "/keys", { name: "a" });
    expect([status, body.error.message]).toEqual([503, expect.stringContaining("KEY_PEPPER")]);
    expect((await call("GET", "/keys")).body.data).toEqual([]);
  });
});

describe("GET /keys", () => {
  test("pages newest first, each key once", async () => {
    for (let at = 0; at < 7; at++) {
      nowMs = NOW + Math.floor(at / 2);
      await makeKey({ name: `n${at}` });
    }
    const names: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const { body } = await call("GET", `/keys?limit=3${next === "" ? "" : `&cursor=${next}`}`);
      expect(body.data.length).toBeLessThanOrEqual(3);
      names.push(...body.data.map((key: { name: string }) => key.name));
      next = body.next;
    }
    expect(names.map((name) => Math.floor(Number(name.slice(1)) / 2))).toEqual([3, 2, 2, 1, 1, 0, 0]);
    expect(new Set(names).size).toBe(7);
  });

  test.each(["limit=0", "limit=201", "limit=x", "limit=1.5", "cursor=abc", "order=asc", "limit=1&limit=2"])(
    "refuses ?%s, naming it",
    async (query) => {
      const { status, body } = await call("GET", `/keys?${query}`);
      expect([status, body.error.param]).toEqual([400, query.split("=")[0]]);
    },
  );
});

describe("PATCH /keys/{id}", () => {
  test("replaces what is given, removes what is null, leaves the rest; others keep their meaning", async () => {
    const { id } = await makeKey({ models: ["a"], tags: { x: "1", y: "2" }, limits: { rpm: 1 } });
    nowMs += 1000;
    const { status, body } = await call("PATCH", `/keys/${id}`, { name: "new", models: null, tags: { z: "3" }, expires_at: "2027-01-01" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: "new", models: null, tags: { z: "3" }, limits: { rpm: 1 }, expires_at: "2027-01-01T00:00:00.000Z" });
    expect([body.created_at, body.updated_at]).toEqual(["2026-11-23T12:00:00.000Z", "2026-11-23T12:00:01.000Z"]);
    expect((await call("PATCH", `/keys/${id}`, { expires_at: null, budget: { usd: 1 } })).body).toMatchObject({
      expires_at: null,
      budget: { usd: 1 },
    });
  });

  test("switches a key off and on again", async () => {
    const { id, key } = await makeKey();
    expect((await call("PATCH", `/keys/${id}`, { disabled: true })).body.status).toBe("disabled");
    expect(await freshClient()(key)).toBe(401);
    expect((await call("PATCH", `/keys/${id}`, { disabled: false })).body.status).toBe("active");
    expect(await freshClient()(key)).toBe(200);
  });

  test.each<[string, object, string | null]>([
    ["nothing", {}, null],
    ["a null name", { name: null }, "name"],
    ["the hash", { hash: "00" }, "hash"],
    ["the id", { id: "key_1" }, "id"],
    ["a revocation undone", { revoked_at: null }, "revoked_at"],
    ["a past expiry", { expires_at: 0 }, "expires_at"],
    ["a switch that is no switch", { disabled: "yes" }, "disabled"],
  ])("refuses %s", async (_, body, param) => {
    const { id } = await makeKey();
    expect(await call("PATCH", `/keys/${id}`, body)).toMatchObject({ status: 400, body: { error: { param } } });
  });
});

describe("rotate and revoke", () => {
  test("a rotated key has a new secret; the old one is dead within 10 s where it was in use, the new one works at once", async () => {
    const { id, key } = await makeKey();
    const client = freshClient();
    expect(await client(key)).toBe(200);
    const { status, body } = await call("POST", `/keys/${id}/rotate`);
    expect([status, body.id, body.key === key]).toEqual([200, id, false]);
    expect(await freshClient()(body.key)).toBe(200);
    expect(await freshClient()(key)).toBe(401);
    nowMs += 9_999;
    expect(await client(key)).toBe(401);
    expect(await client(body.key)).toBe(200);
  });

  test("DELETE revokes for good, any number of times; the row stays to be seen", async () => {
    const { id, key } = await makeKey();
    const client = freshClient();
    expect(await client(key)).toBe(200);
    nowMs += 1000;
    expect((await call("DELETE", `/keys/${id}`)).body).toMatchObject({ id, status: "revoked", revoked_at: "2026-11-23T12:00:01.000Z" });
    nowMs += 10_000;
    expect(await client(key)).toBe(401);
    expect((await call("DELETE", `/keys/${id}`)).body.revoked_at).toBe("2026-11-23T12:00:01.000Z");
    for (const answer of [await call("PATCH", `/keys/${id}`, { disabled: false }), await call("POST", `/keys/${id}/rotate`)]) {
      expect(answer).toMatchObject({ status: 409, body: { error: { code: "key_revoked" } } });
    }
    expect((await call("GET", "/keys")).body.data).toHaveLength(1);
  });

  test("unknown ids are 404 for every verb", async () => {
    for (const [method, path, body] of [
      ["GET", "/keys/key_none"],
      ["PATCH", "/keys/key_none", { name: "a" }],
      ["DELETE", "/keys/key_none"],
      ["POST", "/keys/key_none/rotate"],
    ] as const) {
      expect(await call(method, path, body)).toMatchObject({ status: 404, body: { error: { code: "key_not_found" } } });
    }
  });

  test("rotate takes no fields", async () => {
    const { id } = await makeKey();
    expect(await call("POST", `/keys/${id}/rotate`, { grace_seconds: 60 })).toMatchObject({
      status: 400,
      body: { error: { param: "grace_seconds" } },
    });
    expect((await call("POST", `/keys/${id}/rotate`, {})).status).toBe(200);
  });

  test("every change rewrites the snapshot; when that fails the reply warns", async () => {
    const { id } = await makeKey();
    expect(snapshots.get(id)?.key.name).toBe("test");
    await call("PATCH", `/keys/${id}`, { name: "n" });
    expect(snapshots.get(id)?.key.name).toBe("n");
    const { body } = await call("POST", `/keys/${id}/rotate`);
    expect(snapshots.get(id)?.key.hash).toBe(await hashKey(body.key, TEST_PEPPER));
    isSnapshotStoreUp = false;
    expect((await call("DELETE", `/keys/${id}`)).body).toMatchObject({
      status: "revoked",
      warnings: [expect.stringContaining("repeat this call")],
    });
    isSnapshotStoreUp = true;
    expect((await call("DELETE", `/keys/${id}`)).body).not.toHaveProperty("warnings");
    expect(snapshots.get(id)?.key.revokedAtMs).toBe(NOW);
  });
});

test("neither a hash nor a key is in any reply or log line, but for the one reply that makes the key", async () => {
  const first = await makeKey({ models: ["x"] });
  const { body: second } = await call("POST", `/keys/${first.id}/rotate`);
  const hashes = [await hashKey(first.key, TEST_PEPPER), await hashKey(second.key, TEST_PEPPER)];
  const made = said.length;
  for (const [method, path, body] of [
    ["GET", "/keys"],
    ["GET", `/keys/${first.id}`],
    ["PATCH", `/keys/${first.id}`, { name: "n" }],
    ["PATCH", `/keys/${first.id}`, { hash: "x" }],
    ["DELETE", `/keys/${first.id}`],
    ["POST", `/keys/${first.id}/rotate`],
  ] as const) {
    await call(method, path, body);
  }
  isSnapshotStoreUp = false;
  await call("DELETE", `/keys/${first.id}`);
  fake.failure = new Error("down");
  await call("GET", `/keys/${first.id}`);
  const client = freshClient();
  expect(await client(first.key)).toBe(503);
  const later = said.slice(made).join() + lines.join();
  const all = said.join() + lines.join();
  for (const text of [first.key, second.key]) expect(later).not.toContain(text.slice(-43));
  for (const text of [...hashes, TEST_PEPPER, TOKEN]) expect(all).not.toContain(text);
  expect(lines.length).toBeGreaterThan(0);
});

describe("GET /usage", () => {
  test("sums and prices the last 30 days, by model unless told otherwise", async () => {
    await (services.usage as D1Usage).insert(
      rows({ costNanoUsd: 1_234_567_891 }, { costNanoUsd: null, status: "error", modelServed: "gpt-99" }, { atMs: NOW - 31 * DAY_MS }),
    );
    const { body } = await call("GET", "/usage");
    expect(body).toEqual({
      from: "2026-10-24T12:01:00.000Z",
      to: "2026-11-23T12:01:00.000Z",
      group_by: "model",
      data: [
        {
          group: "claude-sonnet-4-6",
          requests: 1,
          errors: 0,
          aborted: 0,
          input_tokens: 1650,
          cache_read_tokens: 1000,
          cache_write_tokens: 150,
          output_tokens: 40,
          reasoning_tokens: 10,
          estimated_requests: 0,
          cost_usd: 1.234567891,
          unpriced_requests: 0,
          cache_hits: 0,
          saved_tokens: 0,
          saved_usd: 0,
          saved_latency_ms: 0,
          saved_by: { reply_cache_usd: 0, prompt_cache_usd: 0, context_usd: 0, routing_usd: 0 },
          semantic_shadow: { would_have_served: 0, wrongly: 0 },
        },
        expect.objectContaining({ group: "gpt-99", requests: 1, errors: 1, cost_usd: null, unpriced_requests: 1 }),
      ],
      totals: expect.objectContaining({ requests: 2, errors: 1, cost_usd: 1.234567891, unpriced_requests: 1 }),
      truncated: false,
    });
  });

  test("a plain date as end includes its day", async () => {
    await (services.usage as D1Usage).insert(
      rows({ atMs: Date.parse("2026-11-20T23:59:59Z") }, { atMs: Date.parse("2026-11-21T00:00:00Z") }),
    );
    const { body } = await call("GET", "/usage?from=2026-11-20&to=2026-11-20&group_by=day");
    expect(body.data.map(({ group, requests }: { group: string; requests: number }) => [group, requests])).toEqual([["2026-11-20", 1]]);
    expect([body.from, body.to]).toEqual(["2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"]);
    const seconds = (text: string) => Date.parse(text) / 1000;
    const exact = await call(
      "GET",
      `/usage?from=${seconds("2026-11-20T23:59:59Z")}&to=${seconds("2026-11-21T00:00:00Z")}&group_by=key&key=key_0123456789ab`,
    );
    expect(exact.body.totals.requests).toBe(1);
    expect((await call("GET", "/usage?key=key_other")).body.totals).toMatchObject({ requests: 0, cost_usd: null });
  });

  test.each([
    ["group_by=colour", "group_by"],
    ["groupby=model", "groupby"],
    ["from=yesterday", "from"],
    ["to=1795000000000", "to"],
    ["from=2026-11-21&to=2026-11-20", "from"],
    ["key=", "key"],
  ])("refuses ?%s, naming it", async (query, param) => {
    expect(await call("GET", `/usage?${query}`)).toMatchObject({ status: 400, body: { error: { param } } });
  });
});

describe("GET /requests", () => {
  test("newest first, page by page, filtered; a row shows what happened", async () => {
    const all = rows(
      ...Array.from({ length: 5 }, (_, at) => ({ atMs: NOW - 5000 + at * 1000, status: at === 2 ? ("error" as const) : ("ok" as const) })),
    );
    await (services.usage as D1Usage).insert(all);
    const first = (await call("GET", "/requests?limit=2")).body;
    const second = (await call("GET", `/requests?limit=2&before=${first.next}`)).body;
    const third = (await call("GET", `/requests?limit=2&before=${second.next}`)).body;
    const ids = [first, second, third].flatMap(({ data }) => data.map(({ id }: { id: string }) => id));
    expect(ids).toEqual(all.map(({ id }) => id).reverse());
    expect(third.next).toBeNull();
    expect((await call("GET", "/requests?status=error&model=default&key=key_0123456789ab")).body.data).toHaveLength(1);
    const { body } = await call("GET", `/requests/${ids[0]}`);
    expect(body).toMatchObject({ ...first.data[0], cost_usd: 0.003075, usage_raw: { input_tokens: 500 } });
  });

  test("an unknown one is 404", async () => {
    expect(await call("GET", "/requests/req_none")).toMatchObject({ status: 404, body: { error: { code: "request_not_found" } } });
  });

  test.each(["limit=0", "limit=999", "before=abc", "status=fine", "model=", "colour=red"])("refuses ?%s, naming it", async (query) => {
    expect(await call("GET", `/requests?${query}`)).toMatchObject({ status: 400, body: { error: { param: query.split("=")[0] } } });
  });
});
