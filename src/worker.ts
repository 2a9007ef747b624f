import config from "../gateway.config";
import { createWorker } from "./cloudflare/create-worker";

export { DeploymentObject } from "./cloudflare/objects/deployment";
export { PrincipalObject } from "./cloudflare/objects/principal";
export { SemanticIndexObject } from "./cloudflare/objects/semantic-index";

export default createWorker(config);
