// A lockfile made while a registry lacked some platform's package has holes, and `npm ci` then fails on every machine. Also: one
// workerd, one miniflare, one wrangler, or tests run on another runtime than development.
import fs from "node:fs";

const { packages } = JSON.parse(fs.readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const nameOf = (path) => path.split("node_modules/").at(-1);
const names = new Set(Object.keys(packages).map(nameOf));
const faults = [];
for (const [path, entry] of Object.entries(packages)) {
  if (path !== "" && !entry.version && !entry.link) faults.push(`${path} has no version`);
  for (const dependency of Object.keys(entry.optionalDependencies ?? {})) {
    if (!names.has(dependency)) faults.push(`${path || "package.json"} wants ${dependency}, which is absent`);
  }
}
for (const single of ["workerd", "miniflare", "wrangler"]) {
  const found = Object.keys(packages).filter((path) => path !== "" && nameOf(path) === single);
  if (found.length !== 1) faults.push(`expected one ${single}, found ${found.length}: ${found.join(", ")}`);
}
if (faults.length > 0) {
  console.error(`package-lock.json has faults:\n${faults.join("\n")}`);
  process.exit(1);
}
