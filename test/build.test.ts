import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectFolder, run } from "./program.ts";

const words =
  "--root fixtures/workspaces/six-tasks --now 2026-11-22T14:32:00Z --procfs fixtures/procfs --no-record".split(
    " ",
  );

it("bundle and executable print the same report as the source", async () => {
  const built = await run(["bun", "run", "--silent", "build"]);
  expect([built.exitCode, existsSync(join(projectFolder, "dist/monitor"))]).toEqual([0, true]);
  const [source, bundle, executable] = await Promise.all([
    run(["bun", "src/cli.ts", ...words]),
    run(["bun", "dist/monitor.js", ...words]),
    run(["dist/monitor", ...words]),
  ]);
  expect(source.stdout).toContain("6 tasks");
  expect([bundle, executable]).toEqual([source, source]);
});
