import { expect, it } from "vitest";
import { closeCalls, findLoop } from "../../../../src/core/loops/loop.ts";
import { activityOf, fresh, levelBy, options, type TestCall, times } from "../../../support/fold-calls.ts";

/** `length` calls of a circle of `period` different ones. */
const circle = (period: number, length: number, call: TestCall = {}) =>
  times(length, (n) => ({ args: `a${n % period}`, result: `r${n % period}`, ...call }));

it.each([
  ["5 calls of two", circle(2, 5), "quiet"],
  ["6 calls of two", circle(2, 6), "struggling"],
  ["7 calls of two", circle(2, 7), "stuck"],
  ["8 calls of three", circle(3, 8), "quiet"],
  ["9 calls of three", circle(3, 9), "stuck"],
  ["29 calls of ten", circle(10, 29), "quiet"],
  ["30 calls of ten", circle(10, 30), "stuck"],
  ["33 calls of eleven", circle(11, 33), "quiet"],
  ["a circle that is left", [...circle(3, 9), fresh(1)], "quiet"],
  ["a circle with new results", times(30, (n) => ({ args: `a${n % 3}`, result: `r${n}` })), "quiet"],
  ["edits with new results", times(9, (n) => ({ kind: "mut", args: `a${n % 3}`, result: `r${n}` })), "stuck"],
  ["8 calls of two without results", circle(2, 8, { result: null }), "quiet"],
  ["10 calls of two without results", circle(2, 10, { result: null }), "stuck"],
  ["14 calls of three without results", circle(3, 14, { result: null }), "quiet"],
  ["15 calls of three without results", circle(3, 15, { result: null }), "stuck"],
  ["8 calls of three without results", circle(3, 8, { result: null }), "quiet"],
  ["a circle that begins with something else", [fresh(1), ...circle(2, 6)], "struggling"],
  [
    "lost results between new ones",
    times(30, (n) => ({ args: `a${n % 3}`, result: n % 2 ? null : `${n}` })),
    "quiet",
  ],
  [
    "15 calls of three, half of whose results are lost",
    times(15, (n) => ({ args: `a${n % 3}`, result: n % 2 ? null : `r${n % 3}` })),
    "stuck",
  ],
  [
    "10 calls of an edit with new results and a look without",
    times(10, (n) => (n % 2 ? { args: "a", result: null } : { kind: "mut", args: "e", result: `r${n}` })),
    "stuck",
  ],
  ["unknown arguments", circle(3, 30, { args: null }), "quiet"],
  ["one call over and over", circle(1, 30), "quiet"],
  ["a circle that waits", times(30, (n) => ({ args: `a${n % 3}`, kind: n % 3 ? "run" : "wait" })), "quiet"],
] satisfies [string, TestCall[], string][])("R2 judges %s", (_, calls, level) => {
  expect(levelBy("R2", calls)).toBe(level);
});

it("tells period and rounds", () => {
  const finding = findLoop(activityOf([fresh(1), ...circle(3, 11)]), options);

  expect(finding).toMatchObject({
    code: "cycle",
    rule: "R2",
    level: "stuck",
    period: 3,
    rounds: 3,
    count: 11,
  });
});

it.each([
  ["of two", circle(2, 7), { period: 2, rounds: 3, count: 7 }],
  ["of two, called four times", circle(2, 8), { period: 2, rounds: 4, count: 8 }],
  ["of ten", circle(10, 30), { period: 10, rounds: 3, count: 30 }],
])("tells the shortest period of a circle %s", (_, calls, told) => {
  expect(findLoop(activityOf(calls), options)).toMatchObject({ rule: "R2", level: "stuck", ...told });
});

it.each([
  ["nothing", [], { count: 0, threshold: 7 }],
  ["calls of which none comes twice", times(12, fresh), { count: 0, threshold: 7 }],
  ["one call over and over", circle(1, 4), { count: 0, threshold: 7 }],
  ["the first call that comes again", circle(2, 3), { count: 3, threshold: 7, warnAt: 6 }],
  ["more of a longer circle", circle(3, 8), { count: 8, threshold: 9, warnAt: null }],
  ["a circle without results", circle(3, 8, { result: null }), { count: 8, threshold: 15, warnAt: null }],
])("measures how near to a circle is %s", (_, calls, measured) => {
  const measures = closeCalls(activityOf(calls), options);

  expect(measures.find(({ rule }) => rule === "R2")).toMatchObject(measured);
});
