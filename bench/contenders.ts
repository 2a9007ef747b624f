import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { type Child, start } from "./children.ts";
import type { Scenario, Wire } from "./scenarios.ts";

const ROOT = path.dirname(import.meta.dirname);
const BUILD_MS_MAX = 120_000;

/** Something that stands between the client and the upstream. */
export interface Contender {
  origin: string;
  /** Whose CPU time counts; null where it cannot be told. */
  workerdPid: number | null;
  /** `fetch()` goes straight to the network; see direct-miniflare.ts. */
  direct: boolean;
  headers: Record<string, string>;
  /** The wire that its client speaks in a scenario. */
  clientWire: (scenario: Scenario) => Wire;
  /** The end of what it wrote to stderr. */
  errors: () => string;
}

/**
 * What can be measured, by name. `direct` is the upstream itself, the harness's own ceiling; `twin` a second passthrough, which shows how
 * far two of a kind stray from each other; `queued` a passthrough with one queue message per request, `admitted` one
 * with a Durable Object call before each request and one after it.
 */
export const contenders: Readonly<Record<string, (upstream: string, core: string | undefined) => Promise<Contender>>> = {
  direct: async (upstream) => ({
    origin: upstream,
    workerdPid: null,
    direct: true,
    headers: {},
    clientWire: ({ wire }) => wire,
    errors: () => "",
  }),
  pass: (upstream, core) => startSmall("pass", upstream, core),
  twin: (upstream, core) => startSmall("pass", upstream, core),
  queued: (upstream, core) => startSmall("queued", upstream, core),
  admitted: (upstream, core) => startSmall("admitted", upstream, core),
  gateway: startGateway,
};

/** Where each wire is spoken, by upstreams and gateway alike, and a model of a provider that speaks it. */
export const paths: Record<Wire, string> = { openai: "/v1/chat/completions", anthropic: "/v1/messages" };
export const models: Record<Wire, string> = { openai: "openai/gpt-4o-mini", anthropic: "anthropic/claude-haiku-4-5" };

async function startSmall(name: string, upstream: string, core: string | undefined): Promise<Contender> {
  const child = await start("host.ts", [name, JSON.stringify({ UPSTREAM: upstream })], { core });
  return { ...hosted(child), headers: { authorization: "Bearer sk-bench" }, clientWire: ({ wire }) => wire };
}

async function startGateway(upstream: string, core: string | undefined): Promise<Contender> {
  build();
  const random = () => randomBytes(24).toString("base64url");
  const variables = {
    ADMIN_TOKEN: random(),
    KEY_PEPPER: random(),
    OPENAI_API_KEY: "sk-bench-openai",
    OPENAI_BASE_URL: `${upstream}/v1`,
    ANTHROPIC_API_KEY: "sk-bench-anthropic",
    ANTHROPIC_BASE_URL: upstream,
  };
  const child = await start("host.ts", ["gateway", JSON.stringify(variables)], { core });
  const contender = hosted(child);
  const response = await fetch(`${contender.origin}/admin/v1/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${variables.ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "bench" }),
  });
  if (!response.ok) throw new Error(`no key could be made (status ${response.status}): ${await response.text()}\n${child.errors()}`);
  // The admin API's own answer.
  const { key } = (await response.json()) as { key: string };
  return { ...contender, headers: { authorization: `Bearer ${key}` }, clientWire: ({ wire, clientWire }) => clientWire ?? wire };
}

/** The bundle as it would be deployed. */
function build(): void {
  const args = ["deploy", "--dry-run", "-e", "dev", "--outdir", path.join("bench", ".dist"), "--minify"];
  const built = spawnSync(path.join(ROOT, "node_modules", ".bin", "wrangler"), args, {
    cwd: ROOT,
    encoding: "utf8",
    timeout: BUILD_MS_MAX,
    env: { ...process.env, CI: "true", WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
  });
  if (built.status !== 0) throw new Error(`the gateway could not be bundled:\n${built.stdout}\n${built.stderr}`);
}

function hosted(child: Child): Omit<Contender, "headers" | "clientWire"> {
  // Written by host.ts.
  const { origin, direct, workerdPid } = child.ready as { origin: string; direct: boolean; workerdPid: number | null };
  return { origin, direct, workerdPid, errors: child.errors };
}
