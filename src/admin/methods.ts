import type { Context } from "hono";
import { GatewayError } from "../core/errors";

/** For a path whose proper methods come before it: refuses any other with 405 and names those. */
export function onlyMethods(...methods: string[]) {
  return function methodNotAllowed(c: Context): never {
    const allowed = methods.join(", ");
    c.header("Allow", allowed);
    throw new GatewayError("method-not-allowed", `This path does not take ${c.req.method}; it takes ${allowed}.`, {
      code: "method_not_allowed",
    });
  };
}
