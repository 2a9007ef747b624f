import { parseArgs } from "node:util";
import { endWithScript, startLocalGateway } from "./local-gateway.ts";

// npm run dev [-- --port N] [-- any option of `wrangler dev`]
const { values, tokens } = parseArgs({ options: { port: { type: "string", default: "8787" } }, strict: false, tokens: true });
const args = tokens.flatMap((token) => {
  if (token.kind === "option") return token.name === "port" ? [] : [token.rawName + (token.inlineValue ? `=${token.value}` : "")];
  return token.kind === "positional" ? [token.value] : [];
});
const gateway = await startLocalGateway({ port: Number(values.port), args, verbose: true });
endWithScript(gateway.process);

const key = gateway.key ?? "$SLUICE_KEY";
console.log(`
Sluice is listening on ${gateway.url}
${gateway.key ? `Development key: ${gateway.key}` : "No ADMIN_TOKEN in .dev.vars, so no development key was made."}

Try it:

  curl -N ${gateway.url}/v1/chat/completions \\
    -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
    -d '{"model":"default","stream":true,"messages":[{"role":"user","content":"Why is the sky blue?"}]}'
`);
