import config from "../gateway.config";
import { createWorker } from "./cloudflare/create-worker";

export default createWorker(config);
