import { expect, it } from "vitest";
import { run } from "../support/program.ts";

it("tells each reader of a working day what is true, once and in time, and reviews it so", async () => {
  const { stdout, exitCode } = await run(["bun", "test/program/simulated-day.ts"]);
  expect(exitCode, stdout).toBe(0);
  expect(stdout.trimEnd().split("\n").length).toBeGreaterThan(11);
}, 180_000);
