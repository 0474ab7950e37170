import { expect, it } from "vitest";
import { findLoop } from "../../../../src/core/loops/loop.ts";
import {
  activityOf,
  fresh,
  levelBy,
  options,
  startedAt,
  times,
  verdictOf,
} from "../../../support/fold-calls.ts";

const same = { args: "a", result: "r" };
const failing = { args: "a", error: "e" };
const unknown = { args: "a", result: null };

it.each([
  ["2 equal calls", times(2, () => same), "quiet"],
  ["3 equal calls", times(3, () => same), "struggling"],
  ["4 equal calls", times(4, () => same), "struggling"],
  ["5 equal calls", times(5, () => same), "stuck"],
  ["5 equal calls, then another", [...times(5, () => same), fresh(1)], "quiet"],
  ["another in the middle", [...times(2, () => same), fresh(1), ...times(4, () => same)], "struggling"],
  ["the same error with other results", times(5, (n) => ({ ...failing, result: `r${n}` })), "stuck"],
  ["equal calls with new results", times(9, (n) => ({ args: "a", result: `r${n}` })), "quiet"],
  ["equal results of other calls", times(9, (n) => ({ args: `a${n}`, result: "r" })), "quiet"],
  ["equal calls of other tools", times(9, (n) => ({ ...same, tool: `tool ${n}` })), "quiet"],
  ["unknown arguments", times(30, () => ({ args: null, result: "r" })), "quiet"],
  ["a call that waits", times(30, () => ({ ...same, kind: "wait" as const })), "quiet"],
  ["5 equal calls in a log without results", times(5, () => unknown), "quiet"],
  ["6 equal calls in a log without results", times(6, () => unknown), "stuck"],
  ["11 pages in a log without results", times(11, () => ({ ...unknown, trait: "pages" as const })), "quiet"],
  ["12 pages in a log without results", times(12, () => ({ ...unknown, trait: "pages" as const })), "stuck"],
  ["19 equal calls whose results are lost", [fresh(1), ...times(19, () => unknown)], "quiet"],
  ["20 equal calls whose results are lost", [fresh(1), ...times(20, () => unknown)], "stuck"],
  ["4 equal plans", times(4, () => ({ ...same, kind: "plan" as const })), "quiet"],
  ["5 equal plans", times(5, () => ({ ...same, kind: "plan" as const })), "struggling"],
  ["9 equal plans", times(9, () => ({ ...same, kind: "plan" as const })), "struggling"],
  ["10 equal plans", times(10, () => ({ ...same, kind: "plan" as const })), "stuck"],
  ["plans with work in between", times(20, (n) => (n % 2 ? fresh(n) : { ...same, kind: "plan" })), "quiet"],
  ["new plans", times(20, (n) => ({ kind: "plan" as const, args: `a${n}` })), "quiet"],
])("R1 judges %s", (_, calls, level) => {
  expect(levelBy("R1", calls)).toBe(level);
});

it("looks past plans in a run of equal calls", () => {
  const calls = times(9, (n) => (n % 2 ? { ...same, kind: "plan" } : same));

  expect(verdictOf(calls)).toBe("stuck R1");
});

it.each([
  ["that failed", { ...failing, says: "no such file" }, "no such file"],
  ["that succeeded", same, null],
])("tells the error of a repeated call %s", (_, call, error) => {
  const early = { args: "z", error: "z", says: "an older error" };

  expect(findLoop(activityOf([early, ...times(5, () => call)]), options)).toMatchObject({
    rule: "R1",
    error,
  });
});

it("tells since when a plan is repeated", () => {
  const calls = [fresh(1), ...times(10, () => ({ ...same, kind: "plan" as const }))];

  expect(findLoop(activityOf(calls), options)).toMatchObject({
    rule: "R1",
    count: 10,
    sinceAt: startedAt + 1_000,
  });
});

const edit = { kind: "mut", args: "a" } as const;

it.each([
  ["5 equal edits", times(5, (n) => ({ ...edit, result: `r${n}` })), "quiet"],
  ["6 equal edits of a growing file", times(6, (n) => ({ ...edit, result: `r${n}` })), "stuck"],
  ["6 other edits", times(6, (n) => ({ ...edit, args: `a${n}` })), "quiet"],
  ["6 equal runs with new results", times(6, (n) => ({ kind: "run", args: "a", result: `r${n}` })), "quiet"],
  ["6 equal edits, then a look", [...times(6, () => edit), fresh(1)], "quiet"],
  ["a look among the edits", [...times(3, () => edit), fresh(1), ...times(3, () => edit)], "quiet"],
] as const)("R1m judges %s", (_, calls, level) => {
  expect(levelBy("R1m", [...calls])).toBe(level);
});
