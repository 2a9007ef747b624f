import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      // Pure code, in plain Node.
      { test: { name: "unit", include: ["src/**/*.test.ts", "simulator/**/*.test.ts"] } },
      // Rules about the source itself.
      { test: { name: "layers", include: ["test/tidy.test.ts"] } },
      // The whole Worker on workerd, with its real bindings, behind a real socket.
      {
        test: {
          name: "gateway",
          include: ["test/{conformance,scenarios}/**/*.test.ts"],
          env: { WRANGLER_LOG: "error", CLOUDFLARE_CF_FETCH_ENABLED: "false", DO_NOT_TRACK: "1" },
          testTimeout: 20_000,
          hookTimeout: 60_000,
          // Each file starts a workerd of its own and mostly waits; more than two at once only get in each other's way.
          maxWorkers: 2,
        },
      },
    ],
  },
});
