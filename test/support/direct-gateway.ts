import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from "wrangler";
import { ADMIN_TOKEN } from "./gateway";

const ROOT = path.resolve(import.meta.dirname, "../..");
const CONFIG = path.join(ROOT, "wrangler.toml");

/**
 * The gateway on a socket of workerd itself, and calling providers from workerd itself: connections that are reset on either side are
 * felt on the other, as in production. (The harness of `gateway.ts` has proxies at both ends, which hide that.)
 */
export interface DirectGateway {
  origin: string;
  key: string;
  /** Usage rows, newest first. */
  rows: () => Promise<Record<string, unknown>[]>;
  close: () => Promise<void>;
}

/**
 * Bundles the Worker whose entry is `main` (relative to the root) as `wrangler deploy` would, and starts it. What it stores is kept in the
 * folder `persist`, where there is one.
 */
export async function startDirectGateway(main: string, secrets: Record<string, string>, persist?: string): Promise<DirectGateway> {
  const dist = fs.mkdtempSync(path.join(os.tmpdir(), "sluice-direct-"));
  execFileSync(path.join(ROOT, "node_modules/.bin/wrangler"), ["deploy", main, "--dry-run", "-e", "dev", "--outdir", dist], {
    cwd: ROOT,
    stdio: "pipe",
  });
  const { modulesRules: _rules, serviceBindings: _simulator, ...options } = unstable_getMiniflareWorkerOptions(CONFIG, "dev").workerOptions;
  const entry = path.join(dist, `${path.basename(main, ".ts")}.js`);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: () => {},
      ...(persist === undefined ? {} : { resourcePersistencePath: persist }),
      workers: [
        {
          ...options,
          bindings: { ADMIN_TOKEN, KEY_PEPPER: "test-pepper-0123456789abcdef", ...secrets },
          modulesRoot: dist,
          modules: [{ type: "ESModule", path: entry, contents: fs.readFileSync(entry, "utf8") }],
          unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
        },
      ],
    }),
  );
  await miniflare.ready;
  const database = await miniflare.getD1Database("DB");
  const isNew = (await database.prepare("SELECT name FROM sqlite_master WHERE name = 'usage'").first()) === null;
  for (const name of isNew ? fs.readdirSync(path.join(ROOT, "migrations")).sort() : []) {
    for (const query of unstable_splitSqlQuery(fs.readFileSync(path.join(ROOT, "migrations", name), "utf8")))
      await database.prepare(query).run();
  }
  const { origin } = await miniflare.unsafeGetDirectURL();
  const made = await fetch(`${origin}/admin/v1/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: '{"name":"test"}',
  });
  const { key } = (await made.json()) as { key: string }; // the admin API's own answer
  return {
    origin,
    key,
    rows: async () => (await database.prepare("SELECT * FROM usage ORDER BY id DESC").all()).results,
    close: async () => {
      await miniflare.dispose();
      fs.rmSync(dist, { recursive: true });
    },
  };
}
