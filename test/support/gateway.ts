import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createTestHarness, type TestHarness } from "wrangler";
import { providers } from "../../src/providers";

/** The entry where one request is one call upstream. */
export const SINGLE_CALL = "test/support/single-call-worker.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
export const ADMIN_TOKEN = "test-admin-token-0123456789";

/** The whole Worker on workerd, listening on a socket, with the simulator beside it. */
export interface TestGateway {
  /** Origin, without a trailing slash. */
  url: string;
  /** A virtual key that may do everything. */
  key: string;
  harness: TestHarness;
  env: () => Promise<Env>;
  createKey: (policy?: Record<string, unknown>) => Promise<{ id: string; key: string }>;
  admin: (path: string, init?: RequestInit) => Promise<Response>;
  /** Waits until the usage row of a request is in D1. */
  row: (requestId: string) => Promise<Record<string, unknown>>;
  close: () => Promise<void>;
}

/**
 * Starts a gateway. Without `secrets` no provider is configured, so the simulator answers; a developer's own keys are never used. `main` is
 * another entry than the real one: the same Worker with another configuration.
 */
export async function startGateway(secrets: Record<string, string> = {}, main = "src/worker.ts"): Promise<TestGateway> {
  const none = Object.fromEntries([...providers.values()].flatMap(({ env }) => [env.apiKey, env.baseUrl]).map((name) => [name, ""]));
  const harness = createTestHarness({
    root: ROOT,
    workers: [
      {
        configPath: configWith(main),
        env: "dev",
        secrets: { ...none, ADMIN_TOKEN, KEY_PEPPER: "test-pepper-0123456789abcdef", ...secrets },
      },
      { configPath: "simulator/wrangler.toml" },
    ],
  });
  const { url: listening } = await harness.listen();
  const worker = harness.getWorker<Env>();
  await worker.applyD1Migrations("DB");
  const url = listening.origin;
  const admin: TestGateway["admin"] = (path, init = {}) =>
    fetch(`${url}/admin/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...(init.body ? { "content-type": "application/json" } : {}), ...init.headers },
    });
  const createKey: TestGateway["createKey"] = async (policy = {}) => {
    const response = await admin("/keys", { method: "POST", body: JSON.stringify({ name: "test", ...policy }) });
    if (response.status !== 201) throw new Error(`no key: ${response.status} ${await response.text()}`);
    // The admin API's own answer; tests of it check its shape.
    return (await response.json()) as { id: string; key: string };
  };
  const row: TestGateway["row"] = async (requestId) => {
    const { DB } = await worker.getEnv();
    for (let tries = 0; tries < 200; tries++) {
      const found = await DB.prepare("SELECT * FROM usage WHERE id = ?1").bind(requestId).first();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no usage row for ${requestId}`);
  };
  const { key } = await createKey();
  return { url, key, harness, env: () => worker.getEnv(), createKey, admin, row, close: () => harness.close() };
}

/** The project's wrangler.toml, or a copy of it that starts elsewhere. */
function configWith(main: string): string {
  if (main === "src/worker.ts") return "wrangler.toml";
  const copy = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "sluice-test-")), "wrangler.toml");
  const text = fs.readFileSync(path.join(ROOT, "wrangler.toml"), "utf8");
  const moved = text
    .replace(/^main = .*$/m, `main = ${JSON.stringify(path.join(ROOT, main))}`)
    .replaceAll('migrations_dir = "migrations"', `migrations_dir = ${JSON.stringify(path.join(ROOT, "migrations"))}`);
  fs.writeFileSync(copy, moved);
  return copy;
}
