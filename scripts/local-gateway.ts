import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..");
const SECRETS_FILE = path.join(ROOT, ".dev.vars");
const KEY_FILE = path.join(ROOT, ".wrangler", "development-key");
const READY_MS_MAX = 90_000;
/** Quiet, offline, no questions. */
const WRANGLER_ENV = { ...process.env, CI: "true", WRANGLER_HIDE_BANNER: "true", DO_NOT_TRACK: "1", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

const DEV = [
  "dev",
  "--local",
  "-e",
  "dev",
  "-c",
  "wrangler.toml",
  "-c",
  "simulator/wrangler.toml",
  "--ip",
  "127.0.0.1",
  "--inspector-port",
  "0",
];

/** A gateway and simulator running on this machine. */
export interface LocalGateway {
  url: string;
  /** A virtual key for development; null when `.dev.vars` names no ADMIN_TOKEN to make one with. */
  key: string | null;
  process: ChildProcess;
}

export interface LocalOptions {
  port: number;
  /** Further arguments of `wrangler dev`. */
  args?: string[];
  /** Show what wrangler and the Worker print. */
  verbose: boolean;
}

/** Prepares (secrets, tables), starts `wrangler dev` offline, and seeds one development key. */
export async function startLocalGateway({ port, args = [], verbose }: LocalOptions): Promise<LocalGateway> {
  const secrets = readSecrets();
  wranglerOnce(["d1", "migrations", "apply", "DB", "--local", "-e", "dev"]);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(wranglerPath(), [...DEV, "--port", String(port), ...args], {
    cwd: ROOT,
    stdio: ["ignore", verbose ? "inherit" : "pipe", verbose ? "inherit" : "pipe"],
    env: WRANGLER_ENV,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output = (output + chunk).slice(-20_000)));
  await untilReady(url, child, () => output);
  return { url, key: await developmentKey(url, secrets.ADMIN_TOKEN), process: child };
}

/** `.dev.vars` as it stands, or a new one with random secrets. */
function readSecrets(): Record<string, string | undefined> {
  if (!fs.existsSync(SECRETS_FILE)) {
    const random = () => randomBytes(24).toString("base64url");
    const lines = [
      "# Secrets of local development. In production: `wrangler secret put NAME`.",
      `ADMIN_TOKEN="${random()}"`,
      `KEY_PEPPER="${random()}"`,
      "# With no provider key the simulator answers.",
      '# ANTHROPIC_API_KEY=""',
      '# OPENAI_API_KEY=""',
      "",
    ];
    fs.writeFileSync(SECRETS_FILE, lines.join("\n"), { mode: 0o600 });
  }
  const assignments = fs
    .readFileSync(SECRETS_FILE, "utf8")
    .matchAll(/^\s*(?:export\s+)?([A-Z0-9_]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#\r\n]*))/gm);
  return Object.fromEntries([...assignments].map(([, name, double, single, bare]) => [name, double ?? single ?? bare?.trim()]));
}

/** The key of an earlier start if it still works, else a new one. */
async function developmentKey(url: string, adminToken: string | undefined): Promise<string | null> {
  if (fs.existsSync(KEY_FILE)) {
    const key = fs.readFileSync(KEY_FILE, "utf8").trim();
    const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    if (response.ok) return key;
  }
  if (!adminToken) return null;
  const response = await fetch(`${url}/admin/v1/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "development" }),
  });
  if (!response.ok) throw new Error(`no development key could be made (status ${response.status}): ${await response.text()}`);
  const { key } = (await response.json()) as { key: string };
  fs.writeFileSync(KEY_FILE, key, { mode: 0o600 });
  return key;
}

async function untilReady(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`wrangler dev ended with code ${child.exitCode}\n${output()}`);
    try {
      if ((await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) })).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  child.kill("SIGTERM");
  throw new Error(`the gateway was not ready within ${READY_MS_MAX / 1000} s\n${output()}`);
}

function wranglerOnce(args: string[]): void {
  try {
    execFileSync(wranglerPath(), args, { cwd: ROOT, stdio: "pipe", env: WRANGLER_ENV });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw new Error(`wrangler ${args.join(" ")} failed:\n${said}`);
  }
}

function wranglerPath(): string {
  return path.join(ROOT, "node_modules", ".bin", "wrangler");
}

/** Ends the gateway with this script, whichever way it ends. */
export function endWithScript(child: ChildProcess): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill("SIGTERM"));
  }
  child.on("exit", (code) => process.exit(code ?? 0));
}
