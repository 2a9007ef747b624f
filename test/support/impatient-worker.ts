import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";

/** The gateway with deadlines short enough to wait for. */
export default createWorker({ ...config, deadlines: { headersMs: 600, idleMs: 400 } });
