export { configSchema, defineConfig, type GatewayConfig } from "./schema";
