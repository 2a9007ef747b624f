import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 4000;
const OUTPUT_CHARS_MAX = 8000;
const TASKSET = "/usr/bin/taskset";

/** A process that this run has started, and that ends with it. */
export interface Child {
  process: ChildProcessWithoutNullStreams;
  pid: number;
  /** What it said after `READY`, parsed. */
  ready: unknown;
  /** The end of what it wrote to stderr. */
  errors: () => string;
}

export interface ChildOptions {
  /** Core to pin it to; without it, or without `taskset`, it runs where it likes. */
  core: string | undefined;
  env?: Record<string, string>;
}

const running = new Set<ChildProcessWithoutNullStreams>();

/** Starts one of the scripts beside this file with Node and waits for its line `READY {…}`. Throws when that does not come. */
export async function start(script: string, args: string[], { core, env = {} }: ChildOptions): Promise<Child> {
  const node = [process.execPath, "--expose-gc", path.join(import.meta.dirname, script), ...args];
  const [command = "", ...rest] = core !== undefined && canPin() ? [TASKSET, "-c", core, ...node] : node;
  const child = spawn(command, rest, { cwd: path.dirname(import.meta.dirname), env: { ...process.env, ...env }, stdio: "pipe" });
  running.add(child);
  child.on("exit", () => running.delete(child));
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors = (errors + text).slice(-OUTPUT_CHARS_MAX);
  });
  const said = await new Promise<string>((resolve, reject) => {
    let output = "";
    const fail = (why: string) => reject(new Error(`${script} ${why}\n${output}\n${errors}`));
    const timer = setTimeout(() => fail(`was not ready within ${READY_MS_MAX / 1000} s`), READY_MS_MAX);
    const listen = (text: Buffer) => {
      output = (output + text).slice(-OUTPUT_CHARS_MAX);
      const line = /^READY (.*)\n/m.exec(output)?.[1];
      if (line === undefined) return;
      clearTimeout(timer);
      child.stdout.off("data", listen);
      resolve(line);
    };
    child.stdout.on("data", listen);
    child.on("error", (error) => fail(`did not start: ${error.message}`));
    child.on("exit", (code) => fail(`ended with code ${code}`));
  });
  return { process: child, pid: child.pid ?? 0, ready: JSON.parse(said), errors: () => errors };
}

/** Ends everything that was started here. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
}

/** Ends the children with this process, whichever way it ends. They also end by themselves when their stdin does. */
export function endWithThisProcess(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      void stopAll().finally(() => process.exit(130));
    });
  }
  process.on("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });
}

/** Whether processes can be pinned to a core here. */
export function canPin(): boolean {
  return fs.existsSync(TASKSET);
}

/** For the scripts themselves: says that all is set up, and ends with the parent. */
export function announceReady(facts: Record<string, unknown>, end: () => Promise<void> | void): void {
  const leave = () => {
    void Promise.resolve(end()).finally(() => process.exit(0));
  };
  process.stdin.on("end", leave);
  process.stdin.resume();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, leave);
  process.stdout.write(`READY ${JSON.stringify(facts)}\n`);
}

function stop(child: ChildProcessWithoutNullStreams): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
