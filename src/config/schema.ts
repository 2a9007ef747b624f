import * as z from "zod";

const modelRef = z.string().regex(/^[a-z0-9-]+\/.+$/, "expected provider/model, for example openai/gpt-4o");

/** What an operator writes in `gateway.config.ts`. Strict: an unknown field is a mistake, and said so at start. */
export const configSchema = z.strictObject({
  /** Name that clients ask for → chain of `provider/model`, tried in order. */
  aliases: z.record(z.string().regex(/^[a-z0-9][a-z0-9._:-]*$/), z.array(modelRef).min(1)),
  /** What `GET /v1/models` lists beside the aliases; other models of a configured provider can be asked for all the same. */
  models: z.array(modelRef),
  cors: z.strictObject({
    /** Origins that browsers may call from; `*` is any. Empty: no CORS headers at all. */
    origins: z.array(z.string()),
    maxAgeSeconds: z.int().min(0).max(86_400),
  }),
  limits: z.strictObject({
    /** Largest request body, in bytes. */
    requestBytesMax: z.int().min(1024),
    /** Largest non-stream reply of an upstream, in bytes. */
    replyBytesMax: z.int().min(1024),
    /** Deepest nesting of arrays and objects in a request. */
    nestingMax: z.int().min(8),
  }),
  deadlines: z.strictObject({
    /** From sending a request upstream to its response headers, in milliseconds (a non-stream reply has them only when it is done). */
    headersMs: z.int().min(100),
    /** Longest silence within a stream, in milliseconds. */
    idleMs: z.int().min(100),
  }),
});

export type GatewayConfig = z.infer<typeof configSchema>;

/** Checks the configuration; throws an Error that names each field at fault. */
export function defineConfig(config: GatewayConfig): GatewayConfig {
  const result = configSchema.safeParse(config);
  if (result.success) return result.data;
  throw new Error(`gateway.config.ts is not valid:\n${z.prettifyError(result.error)}`);
}
