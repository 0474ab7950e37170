import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The default pool runs no test at all under Bun.
    pool: "threads",
    isolate: false,
    setupFiles: ["test/support/setup.ts"],
    include: ["test/**/*.test.ts"],
    // Machines are shared; a law takes a quarter of this on an idle one.
    testTimeout: 120_000,
  },
});
