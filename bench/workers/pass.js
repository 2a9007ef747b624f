// The yardstick: a Worker that does nothing but pass the request on and return what comes back.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    return fetch(env.UPSTREAM + pathname, { method: request.method, headers: request.headers, body: request.body });
  },
};
