// Runs one Worker on workerd until its stdin ends:
//   node host.ts gateway '{"ADMIN_TOKEN": …}'  the bundle in .dist, with the bindings of wrangler.toml
//   node host.ts pass '{"UPSTREAM": …}'        one of the small ones in workers/
// The load goes to a direct socket: workerd listens and calls the Worker itself. `wrangler dev`, and Miniflare's own entry, would put
// Workers of theirs before it.
import fs from "node:fs";
import path from "node:path";
import type { V4WorkerOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { announceReady } from "./children.ts";
import { findDescendant } from "./cpu-time.ts";
import { convertV4MiniflareOptions, direct, Log, LogLevel, Miniflare } from "./direct-miniflare.ts";

const ROOT = path.dirname(import.meta.dirname);
const CONFIG_FILE = path.join(ROOT, "wrangler.toml");
const DIST = path.join(import.meta.dirname, ".dist");
const ENVIRONMENT = "dev";
/** Usage rows are stored in batches, as in production, but wait less for one: so the cost of a run's last rows can be told from others'. */
const BATCH_SECONDS = 1;

/** What is read of wrangler.toml; wrangler's own types of it are in a package that it does not ship. */
interface WorkerConfig {
  main: string;
  compatibility_date: string;
  compatibility_flags: string[];
  vars: Record<string, string>;
  d1_databases: { binding: string; migrations_dir?: string }[];
  queues: { consumers?: { queue: string; max_batch_size: number }[] };
}

const [name = "", variables = "{}"] = process.argv.slice(2);
// Written by contenders.ts.
const bindings = JSON.parse(variables) as Record<string, string>;
const config: WorkerConfig = unstable_readConfig({ config: CONFIG_FILE, env: ENVIRONMENT });

const workers: V4WorkerOptions[] = [
  { ...(name === "gateway" ? gateway() : small()), unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
];
const miniflare = new Miniflare(
  // The lines that a Worker logs are its own cost, and printing them is not.
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    log: new Log(LogLevel.ERROR),
    handleStructuredLogs: () => {},
    workers,
  }),
);
await miniflare.ready;
if (name === "gateway") await applyMigrations();
const url = await miniflare.unsafeGetDirectURL();
announceReady({ origin: url.origin, direct, workerdPid: findDescendant(process.pid, "workerd") ?? null }, () => miniflare.dispose());

function small(): V4WorkerOptions {
  const script = path.join(import.meta.dirname, "workers", `${name}.js`);
  const queue = {
    queueProducers: { QUEUE: { queueName: name } },
    queueConsumers: { [name]: { maxBatchSize: 100, maxBatchTimeout: BATCH_SECONDS } },
  };
  return {
    name,
    modulesRoot: path.dirname(script),
    modules: [{ type: "ESModule", path: script, contents: fs.readFileSync(script, "utf8") }],
    ...runtimeRules(),
    bindings,
    ...(name === "queued" ? queue : {}),
    ...(name === "admitted" ? { durableObjects: { LEDGER: { className: "Ledger", useSQLite: true } } } : {}),
  };
}

function gateway(): V4WorkerOptions {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(CONFIG_FILE, ENVIRONMENT);
  const { modulesRules: _rules, serviceBindings: _simulator, ...options } = workerOptions;
  const { consumers = [] } = config.queues;
  const entry = path.join(DIST, `${path.basename(config.main, ".ts")}.js`);
  return {
    ...options,
    ...runtimeRules(),
    queueConsumers: Object.fromEntries(
      consumers.map(({ queue, max_batch_size: maxBatchSize }) => [queue, { maxBatchSize, maxBatchTimeout: BATCH_SECONDS }]),
    ),
    // Not those of .dev.vars, which may hold a developer's own keys.
    bindings: { ...config.vars, ...bindings },
    modulesRoot: DIST,
    modules: [{ type: "ESModule", path: entry, contents: fs.readFileSync(entry, "utf8") }],
  };
}

/** Both Workers run under the same rules. */
function runtimeRules() {
  return { compatibilityDate: config.compatibility_date, compatibilityFlags: config.compatibility_flags };
}

async function applyMigrations(): Promise<void> {
  for (const { binding, migrations_dir = "migrations" } of config.d1_databases) {
    const folder = path.resolve(ROOT, migrations_dir);
    const database = await miniflare.getD1Database(binding);
    for (const name of fs.readdirSync(folder).sort()) {
      if (!name.endsWith(".sql")) continue;
      for (const query of unstable_splitSqlQuery(fs.readFileSync(path.join(folder, name), "utf8"))) await database.prepare(query).run();
    }
  }
}
