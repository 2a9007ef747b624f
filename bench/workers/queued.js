// The passthrough, plus what no gateway that accounts for every request can go without: one queue message per request, of a usage row's
// size, taken in by the consumer and thrown away.
const ROW = { text: "x".repeat(800) };

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const response = await fetch(env.UPSTREAM + pathname, { method: request.method, headers: request.headers, body: request.body });
    ctx.waitUntil(env.QUEUE.send(ROW, { contentType: "json" }));
    return response;
  },
  async queue(batch) {
    batch.ackAll();
  },
};
