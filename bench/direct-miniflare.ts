import fs from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Miniflare 5 puts a Worker of its own before every outbound `fetch()` of ours. It costs nearly as much as a bare passthrough, and
 * production has none. So Miniflare's source is changed in one place while it is loaded (the file stays as it is): `fetch()` goes straight
 * to workerd's network. `direct` tells whether that place was found; with another version it may not be, and the report says so.
 */
const INTERCEPTED = "globalOutbound: { name: getOutboundInterceptorName(workerIndex) },";

const file = createRequire(import.meta.url).resolve("miniflare");
const stock = fs.readFileSync(file, "utf8");
// The name of the variable that holds the Worker's configuration changes from build to build.
const config = /\bgetGlobalOutbound\(workerIndex, (\w+), dev\)\s*\}/.exec(stock)?.[1];

export const direct = config !== undefined && stock.split(INTERCEPTED).length === 2;

if (direct) {
  const source = stock.replace(INTERCEPTED, `globalOutbound: getGlobalOutbound(workerIndex, ${config}, dev) ?? { name: "internet" },`);
  const url = pathToFileURL(file).href;
  registerHooks({
    load: (wanted, context, next) => (wanted === url ? { format: "commonjs", source, shortCircuit: true } : next(wanted, context)),
  });
}

export const { Miniflare, convertV4MiniflareOptions, Log, LogLevel } = await import("miniflare");
