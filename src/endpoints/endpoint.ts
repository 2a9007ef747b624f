import type { Context } from "hono";
import type { RandomBytes } from "../core/random";
import type { UsageReader } from "../metering";
import type { PipelinePorts } from "../pipeline";

/** What every endpoint finds in its context; set by the first middleware. */
export interface Variables {
  requestId: string;
  startedAtMs: number;
  ports: GatewayPorts;
  /** Work that goes on after the reply. */
  background: (work: Promise<void>) => void;
}

export interface GatewayPorts extends PipelinePorts {
  /** Rows of past requests. */
  usageRows: Pick<UsageReader, "get">;
  /** The cache entry that a request used or made. Rejects when the table does not answer. */
  cachedKeyOf: (requestId: string) => Promise<string | null>;
  /** False while what answers requests is still starting (the local simulator). */
  isReady: () => Promise<boolean>;
}

/** What a request brings along from the platform. */
export interface RequestPorts {
  ports: GatewayPorts;
  random: RandomBytes;
  /** The operator API, complete with its own guard and errors. */
  admin: (request: Request) => Response | Promise<Response>;
  background: (work: Promise<void>) => void;
}

export interface GatewayEnv {
  Bindings: RequestPorts;
  Variables: Variables;
}

export type AppContext = Context<GatewayEnv>;

export type Endpoint = (c: AppContext) => Response | Promise<Response>;
