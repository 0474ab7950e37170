import { expect, it } from "vitest";
import { findLoop } from "../../../../src/core/loops/loop.ts";
import {
  activityOf,
  fresh,
  levelBy,
  options,
  startedAt,
  type TestCall,
  times,
} from "../../../support/fold-calls.ts";

const failing = (n: number): TestCall => ({
  args: `a${n}`,
  result: `r${n}`,
  error: "e",
  says: "old_string not found",
});
const known = { args: "k", result: "k" };
/** 12 calls with nothing new in them, the last `count` of which fail. */
const of12 = (count: number) => [
  known,
  failing(100),
  ...times(12 - count, () => known),
  ...times(count, failing),
];

it.each([
  ["4 errors of 12", of12(4), "quiet"],
  ["5 errors of 12", of12(5), "struggling"],
  ["7 errors of 12", of12(7), "struggling"],
  ["8 errors of 12", of12(8), "stuck"],
  ["8 errors of 13", [...of12(8).slice(0, -7), known, ...of12(8).slice(-7)], "stuck"],
  [
    "8 errors of 13, one too early",
    [...times(2, failing), ...times(5, () => known), ...times(7, failing)].slice(1),
    "struggling",
  ],
  ["8 errors and nothing else", times(8, failing), "stuck"],
  ["2 things new with 8 errors", [...of12(4), fresh(1), fresh(2), ...times(4, failing)], "struggling"],
  ["1 thing new with 8 errors", [...of12(4), fresh(1), ...times(4, failing)], "stuck"],
  ["8 errors, each its own", times(12, (n) => ({ ...failing(n), error: `e${n}` })), "quiet"],
  ["8 errors without a text", times(12, (n) => ({ args: `a${n}`, result: `r${n}` })), "quiet"],
  ["a wait that fails", times(12, (n) => ({ ...failing(n), kind: "wait" })), "quiet"],
  ["errors that are over", [...times(8, failing), ...times(8, (n) => fresh(n))], "quiet"],
] satisfies [string, TestCall[], string][])("R3 judges %s", (_, calls, level) => {
  expect(levelBy("R3", calls)).toBe(level);
});

const grinding = (n: number) => (n % 2 ? failing(n) : known);

it.each([
  ["11 errors of 24", times(23, grinding), "quiet"],
  ["12 errors of 24", times(24, grinding), "stuck"],
  ["12 errors of 25", [failing(1), known, ...times(23, grinding)], "quiet"],
  ["errors of other tools", times(24, (n) => ({ ...grinding(n), tool: `tool ${n % 4}` })), "quiet"],
  ["6 news", times(24, (n) => (n >= 16 && n % 2 === 0 ? fresh(n) : grinding(n))), "stuck"],
  ["7 news", times(24, (n) => (n >= 14 && n % 2 === 0 ? fresh(n) : grinding(n))), "quiet"],
  ["12 equal long outcomes of edits", times(24, (n) => (n % 2 ? edit(n, 200) : known)), "stuck"],
  ["12 equal short outcomes of edits", times(24, (n) => (n % 2 ? edit(n, 199) : known)), "quiet"],
  [
    "12 equal long results of looks",
    times(24, (n) => (n % 2 ? { ...edit(n, 200), kind: "obs" } : known)),
    "quiet",
  ],
] satisfies [string, TestCall[], string][])("R3b judges %s", (_, calls, level) => {
  expect(levelBy("R3b", calls)).toBe(level);
});

function edit(n: number, length: number): TestCall {
  return { kind: "mut", args: `e${n % 4}`, result: "outcome", length };
}

it("names count, window, tool, since when and the words of the error", () => {
  const failingEdits = times(9, (n): TestCall => ({ ...failing(n), tool: "edit" }));
  const calls = [known, failing(100), ...times(3, () => known), ...failingEdits];
  const finding = findLoop(activityOf(calls), options);

  expect(finding).toMatchObject({
    code: "same_error",
    rule: "R3",
    level: "stuck",
    count: 9,
    of: 12,
    tool: "edit",
    sinceAt: startedAt + 5_000,
    everyMs: 1_000,
    fromLine: 6,
    toLine: 14,
    error: "old_string not found",
  });
});
