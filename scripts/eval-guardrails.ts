/** How well the guards see what they are for, and what they cost: node scripts/eval-guardrails.ts [EVALS] (SHOWN=n lists misses) */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { evalCost } from "./eval-guardrail-cost.ts";
import { evalInjection } from "./eval-injection.ts";
import { evalPii } from "./eval-pii.ts";
import { evalSecrets } from "./eval-secrets.ts";
import { loadGuardrails } from "./guardrail-data.ts";

const folder = process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals");
if (!existsSync(folder)) {
  console.log(`skipped: there are no evaluation sets at ${folder}; give their folder`);
  process.exit(0);
}
const guards = await loadGuardrails();
evalPii(folder, guards);
evalSecrets(folder, guards);
evalInjection(folder);
evalCost(folder, guards);
