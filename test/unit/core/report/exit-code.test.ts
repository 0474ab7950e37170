import { describe, expect, it } from "vitest";
import type { Health } from "../../../../src/core/log/health.ts";
import { checkExitCode, exitCodes } from "../../../../src/core/report/exit-code.ts";

describe("checkExitCode", () => {
  it.each<readonly [readonly Health[], number, number]>([
    [[], 0, 0],
    [["healthy", "completed", "cancelled"], 0, 0],
    [["healthy"], 1, 3],
    [["unknown"], 0, 3],
    [["waiting"], 0, 1],
    [["stuck"], 0, 1],
    [["struggling"], 0, 1],
    [["unknown", "stuck"], 4, 1],
    [["failed"], 0, 2],
    [["unknown", "waiting", "failed", "healthy"], 1, 2],
  ])("of %j with %i unreadable inputs is %i", (healths, unreadable, expected) => {
    expect(checkExitCode(healths, unreadable)).toBe(expected);
  });
});

it("ends a plain run with 0, or with 3 where there is no report", () => {
  expect(exitCodes).toEqual({ trustworthy: 0, noReport: 3 });
});
