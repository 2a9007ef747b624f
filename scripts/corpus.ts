import fs from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadCases } from "../test/support/corpus/cases.ts";
import { runAll, startRig, type Verdict } from "../test/support/corpus/run.ts";

// npm run corpus [-- --dir FOLDER] [-- --only SUBSTRING] [-- --verbose]
const { values } = parseArgs({
  options: { dir: { type: "string" }, only: { type: "string", default: "" }, verbose: { type: "boolean", default: false } },
});
const folder = path.resolve(values.dir ?? path.join(import.meta.dirname, "../../shared/corpus"));
if (!fs.existsSync(path.join(folder, "index.json"))) {
  console.log(`corpus: skipped, there is no recorded traffic in ${folder} (name its folder with --dir)`);
  process.exit(0);
}

// Quiet and offline.
Object.assign(process.env, { WRANGLER_LOG: "error", DO_NOT_TRACK: "1", CLOUDFLARE_CF_FETCH_ENABLED: "false" });
const cases = loadCases(folder).filter(({ id }) => id.includes(values.only));
if (cases.length === 0) {
  console.error(`corpus: no case is named like ${values.only}`);
  process.exit(2);
}
const startedAtMs = Date.now();
const rig = await startRig(cases, async (secrets) => {
  const { SINGLE_CALL, startGateway } = await importGateway();
  return startGateway(secrets, SINGLE_CALL);
});
const verdicts: Verdict[] = [];
await runAll(rig, cases, (verdict) => {
  verdicts.push(verdict);
  if (verdict.faults.length > 0) console.log(`FAIL ${verdict.case} ${verdict.mode}: ${describe(verdict.faults)}`);
  else if (values.verbose) console.log(`ok   ${verdict.case} ${verdict.mode}`);
});
await rig.close();

const failed = verdicts.filter(({ faults }) => faults.length > 0).length;
if (values.verbose) console.log(`${cases.length} cases in ${((Date.now() - startedAtMs) / 1000).toFixed(0)} s`);
console.log(`corpus: ${verdicts.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function describe(faults: string[]): string {
  const [first = "", ...others] = faults;
  if (values.verbose || others.length === 0) return faults.join("; ");
  return `${first} (and ${others.length} more; --verbose tells)`;
}

/** The test gateway imports the gateway's own sources, whose paths go without an extension, as bundlers have it. */
function importGateway(): Promise<typeof import("../test/support/gateway.ts")> {
  registerHooks({
    resolve(specifier, context, resolveNext) {
      const { parentURL = "" } = context;
      const isOwn = specifier.startsWith(".") && path.extname(specifier) === "" && !parentURL.includes("/node_modules/");
      if (!isOwn) return resolveNext(specifier, context);
      const isFile = fs.existsSync(fileURLToPath(`${new URL(specifier, parentURL)}.ts`));
      return resolveNext(isFile ? `${specifier}.ts` : `${specifier}/index.ts`, context);
    },
  });
  return import("../test/support/gateway.ts");
}
