import { ApiError } from "./errors";
import { storeCase } from "./replay";
import type { World } from "./world";

const CASES = "/_simulator/cases/";

/** The simulator's own endpoints, for tests and scripts: the log, the reset, the upload of recorded cases. No credential needed. */
export async function control(request: Request, world: World): Promise<Response> {
  const { pathname } = new URL(request.url);
  const asked = `${request.method} ${pathname}`;
  try {
    if (asked === "GET /_simulator/log") return Response.json(world.log.records);
    if (asked === "POST /_simulator/reset") {
      world.clear();
      return Response.json({ reset: true });
    }
    if (request.method === "PUT" && pathname.startsWith(CASES) && pathname.length > CASES.length) {
      const id = decodeURIComponent(pathname.slice(CASES.length));
      storeCase(world, id, await readJson(request));
      return Response.json({ id });
    }
    throw new ApiError(404, "known are GET /_simulator/log, POST /_simulator/reset, PUT /_simulator/cases/{id}");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return Response.json({ error: { message: error.message } }, { status: error.status });
  }
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiError(400, "the body is no JSON");
    throw error;
  }
}
