import { control } from "./control";
import { serve } from "./serve";
import { World } from "./world";

/** Outlives requests, not the isolate. Plain values only, as a Worker demands of what requests share. */
const world = new World();

/** A Worker that plays the model providers: their wires, their refusals, and on demand their failures. */
export default {
  fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    return pathname.startsWith("/_simulator/") ? control(request, world) : serve(request, world);
  },
};
