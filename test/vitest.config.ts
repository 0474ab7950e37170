import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The default pool runs no test at all under Bun.
    pool: "threads",
    isolate: false,
    setupFiles: ["test/setup.ts"],
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
