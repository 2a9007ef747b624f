import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";

export { PrincipalObject } from "../../src/cloudflare/objects/principal";

/** The gateway with deadlines short enough to wait for. */
export default createWorker({ ...config, deadlines: { headersMs: 600, idleMs: 400 } });
