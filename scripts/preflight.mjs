// Plain JavaScript, so that an old Node can read it far enough to say what is missing.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    [
      `Node ${process.version} is running, but wrangler and vitest need 22.18 or newer.`,
      "On Linux (x64, arm64) `npm ci` brings Node 24 along as an optional dependency; run it again without `--omit=optional`.",
      "Elsewhere install Node 24 (https://nodejs.org) and try again.",
    ].join("\n"),
  );
  process.exit(1);
}
