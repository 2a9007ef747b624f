// npm run bench -- [--quick] [--rounds N] [--scenarios A16,B] [--contenders pass,gateway] [--cores 0,0] [--json FILE]
import fs from "node:fs";
import { createRequire } from "node:module";
import readline from "node:readline";
import { parseArgs } from "node:util";
import { canPin, endWithThisProcess, start, stopAll } from "./children.ts";
import { type Contender, contenders, models, paths } from "./contenders.ts";
import type { Job, LoadResult } from "./load.ts";
import { type Results, renderReport, summarize } from "./report.ts";
import { requestBody, type Scenario, scenarios } from "./scenarios.ts";

const BASELINE = "pass";
const ROUNDS = { full: 10, quick: 6 };
/** Rounds of a quick run that also wait for the work after the last reply. */
const SETTLED_ROUNDS_QUICK = 2;
/** Usage rows wait up to a second for their batch. */
const SETTLE_MS = 1300;
/** Nothing of this may run for ever. */
const RUN_MINUTES_MAX = { full: 20, quick: 5 };
/** Requests sent unmeasured, as a share of a run: before each run, and once at the start. */
const PRELUDE_SHARE = 0.1;
const WARM_UP_SHARE = 1;
const ERROR_CHARS_SHOWN = 1500;
/** Slow streams warm up faster. */
const WARM_UP_INTERVAL_MS = 2;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    scenarios: { type: "string", default: scenarios.map(({ id }) => id).join(",") },
    contenders: { type: "string", default: "pass,gateway" },
    cores: { type: "string", default: "0,0" },
    json: { type: "string" },
  },
});
const pace = options.quick ? "quick" : "full";
const rounds = Number(options.rounds ?? ROUNDS[pace]);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds is a whole number from 1 on");
const [sideCore, contenderCore = sideCore] = options.cores === "none" ? [] : options.cores.split(",");
const chosen = options.scenarios
  .split(",")
  .map((id) => named(id, Object.fromEntries(scenarios.map((scenario) => [scenario.id, scenario])), "scenario"));
const names = options.contenders.split(",");
if (!names.includes(BASELINE)) names.unshift(BASELINE);

endWithThisProcess();
const deadline = setTimeout(() => {
  console.error(`stopped after ${RUN_MINUTES_MAX[pace]} minutes`);
  void stopAll().finally(() => process.exit(1));
}, RUN_MINUTES_MAX[pace] * 60_000);
try {
  await main();
} finally {
  clearTimeout(deadline);
  await stopAll();
}

async function main(): Promise<void> {
  const upstream = await startUpstream();
  const client = await startClient();
  const running: Record<string, Contender> = {};
  for (const name of names) {
    running[name] = await named(name, contenders, "contender")(upstream.origin, contenderCore);
    console.error(`started ${name}`);
  }
  if (!canPin()) console.error("no taskset here: nothing is pinned to a core, so expect more noise");
  if (Object.values(running).some(({ workerdPid }, at) => workerdPid === null && names[at] !== "direct"))
    console.error("no /proc here: no CPU times");
  if (Object.values(running).some(({ direct }) => !direct)) {
    console.error(
      "NOTE: this Miniflare could not be relieved of its interceptor; every fetch() pays for a Worker that production does not have, so all ratios look better than they are",
    );
  }

  const results: Results = {};
  // Everything runs once before anything counts. What fails here is left out, and said.
  for (const scenario of chosen) {
    await upstream.configure({
      ...scenario,
      upstream: { ...scenario.upstream, ...(isSlow(scenario) ? { intervalMs: WARM_UP_INTERVAL_MS } : {}) },
    });
    results[scenario.id] = {};
    for (const name of names) {
      const contender = contenderOf(running, name);
      const { failures, failedReply } = await client(jobOf(scenario, contender, WARM_UP_SHARE));
      if (Object.keys(failures).length === 0) results[scenario.id] = { ...results[scenario.id], [name]: [] };
      else {
        process.exitCode = 1;
        console.error(`LEFT OUT: ${name} fails ${scenario.id}: ${JSON.stringify(failures)} ${failedReply ?? ""}`);
        console.error(contender.errors().slice(-ERROR_CHARS_SHOWN));
      }
    }
  }
  for (let round = 0; round < rounds; round++) {
    const startMs = Date.now();
    for (const scenario of chosen) {
      await upstream.configure(scenario);
      const able = Object.entries(results[scenario.id] ?? {});
      // Each round another one comes first.
      for (const [name, runs] of able.map((_, at) => able[(at + round) % able.length]).filter((entry) => entry !== undefined)) {
        const contender = contenderOf(running, name);
        if (!isSlow(scenario)) await client(jobOf(scenario, contender, PRELUDE_SHARE));
        const settled = pace === "full" || (name !== BASELINE && round < SETTLED_ROUNDS_QUICK);
        const result = await client({ ...jobOf(scenario, contender), settleMs: settled ? SETTLE_MS : 0 });
        const failed = Object.keys(result.failures).length > 0;
        if (failed) process.exitCode = 1;
        if (failed) console.error(`${name} failed in ${scenario.id}: ${JSON.stringify(result.failures)} ${result.failedReply ?? ""}`);
        runs.push(failed ? null : result);
      }
    }
    console.error(`round ${round + 1} of ${rounds}: ${Math.round((Date.now() - startMs) / 1000)} s`);
  }

  const versions = { node: process.version, workerd: packageVersion("workerd"), miniflare: packageVersion("miniflare") };
  const cores = canPin() ? options.cores : "none";
  console.log(
    `\n${pace} run, ${rounds} rounds; cores ${cores}; Node ${versions.node}, workerd ${versions.workerd}, Miniflare ${versions.miniflare}\n`,
  );
  console.log(renderReport(results, chosen, names, BASELINE));
  if (options.json) {
    const summary = Object.fromEntries(
      chosen.map(({ id }) => [id, Object.fromEntries(names.map((name) => [name, summarize(results, id, name, BASELINE)]))]),
    );
    const direct = Object.fromEntries(Object.entries(running).map(([name, contender]) => [name, contender.direct]));
    fs.writeFileSync(
      options.json,
      `${JSON.stringify({ at: new Date().toISOString(), pace, rounds, cores, versions, direct, summary, results }, null, 1)}\n`,
    );
  }
}

/** Whether its streams take their time however few there are. */
function isSlow({ upstream }: Scenario): boolean {
  return (upstream?.intervalMs ?? 0) > 0;
}

function jobOf(scenario: Scenario, contender: Contender, share = 1): Job {
  const wire = contender.clientWire(scenario);
  const { connections, requests, rampMs = 0, events = null } = scenario;
  return {
    port: Number(new URL(contender.origin).port),
    path: paths[wire],
    headers: contender.headers,
    body: requestBody(scenario, wire, models[scenario.wire]),
    connections,
    requests: Math.max(connections, Math.ceil(requests[pace] * share)),
    rampMs,
    events,
    workerdPid: contender.workerdPid,
    settleMs: 0,
  };
}

async function startUpstream() {
  const child = await start("upstream.ts", [], { core: sideCore });
  // Written by upstream.ts.
  const { origin } = child.ready as { origin: string };
  return {
    origin,
    async configure({ events, upstream }: Pick<Scenario, "events" | "upstream">): Promise<void> {
      const behaviour = { ...(events === undefined ? {} : { events }), ...upstream };
      const response = await fetch(`${origin}/configure`, { method: "POST", body: JSON.stringify(behaviour) });
      if (!response.ok) throw new Error(`the upstream could not be configured: ${response.status}`);
      await response.arrayBuffer();
    },
  };
}

async function startClient(): Promise<(job: Job) => Promise<LoadResult>> {
  const child = await start("load.ts", [], { core: sideCore });
  const lines = readline.createInterface({ input: child.process.stdout })[Symbol.asyncIterator]();
  return async (job) => {
    child.process.stdin.write(`${JSON.stringify(job)}\n`);
    const { done, value } = await lines.next();
    if (done) throw new Error(`the client ended\n${child.errors()}`);
    // Written by load.ts.
    return JSON.parse(value) as LoadResult;
  };
}

function contenderOf(running: Record<string, Contender>, name: string): Contender {
  return named(name, running, "contender");
}

function named<Value>(name: string, values: Readonly<Record<string, Value>>, what: string): Value {
  const value = values[name];
  if (value === undefined) throw new Error(`no ${what} is called ${name}; there are ${Object.keys(values).join(", ")}`);
  return value;
}

function packageVersion(name: string): string {
  // A field that every package.json has.
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}
