import { expect, it } from "vitest";
import { findLoop } from "../../../../src/core/loops/loop.ts";
import { activityOf, fresh, levelBy, options, type TestCall, times } from "../../../support/fold-calls.ts";

/** Things read before; short, so that they are no answers in the sense of R7. */
const known = times(10, (n) => ({ args: `k${n}`, result: `k${n}`, length: 10 }));
const stale = (n: number): TestCall => known[(n * 7) % 10] ?? {};
const wait: TestCall = { kind: "wait", args: "w", result: "w" };
/** 20 calls of which `news` are new. */
const of20 = (news: number) => [...known, ...times(20, (n) => (n < news ? fresh(n) : stale(n)))];

it.each([
  ["6 news", of20(6), "quiet"],
  ["5 news", of20(5), "struggling"],
  ["3 news", of20(3), "struggling"],
  ["2 news", of20(2), "stuck"],
  [
    "2 news and a wait",
    [...of20(2).slice(0, -1), { kind: "wait" as const, args: "w", result: "w" }],
    "struggling",
  ],
  ["2 news at the end", [...known, ...times(18, stale), fresh(1), fresh(2)], "stuck"],
  ["17 stale calls of 20, and one before", [...known, stale(1), ...of20(3).slice(10)], "struggling"],
  ["1 wait", [...known, wait, wait, ...times(19, stale)], "stuck"],
  ["2 waits", [...known, wait, wait, ...times(18, stale)], "quiet"],
  [
    "polls",
    [...known, ...times(20, (n) => (n % 5 ? stale(n) : { kind: "wait", args: "w", result: "w" }))],
    "quiet",
  ],
  ["unknown results", [...known, ...times(20, (n) => ({ ...stale(n), result: null }))], "quiet"],
  ["3 fresh looks at the end of it", [...of20(2), ...times(3, (n) => fresh(n + 50))], "struggling"],
] satisfies [string, TestCall[], string][])("R6 judges %s", (_, calls, level) => {
  expect(levelBy("R6", calls)).toBe(level);
});

/** Three answers heard twice; whatever is asked after that gets one of them. */
const heard = times(6, (n) => ({ args: `h${n}`, result: `answer ${n % 3}`, length: 60 }));
const old = (n: number): TestCall => ({ args: `o${n}`, result: `answer ${(n * 2) % 3}`, length: 60 });
const oldOf20 = (count: number, make = old) => [
  ...heard,
  ...times(20, (n) => (n < 20 - count ? fresh(n) : make(n))),
];

const newEdit = (n: number): TestCall => ({ kind: "mut", args: `e${n}`, result: `e${n}` });

it.each([
  ["10 old answers", oldOf20(10), "quiet"],
  ["11 old answers", oldOf20(11), "struggling"],
  ["13 old answers", oldOf20(13), "struggling"],
  ["14 old answers", oldOf20(14), "stuck"],
  ["14 old answers and 1 new edit", [...oldOf20(14), newEdit(1)].toSpliced(6, 1), "stuck"],
  ["14 old answers and 2 new edits", [...oldOf20(14), newEdit(1), newEdit(2)].toSpliced(6, 2), "struggling"],
  ["answers heard once", [...times(20, (n) => fresh(n)), ...times(20, (n) => fresh(n))], "quiet"],
  ["acknowledgements", oldOf20(20, (n) => ({ ...old(n), length: 59, result: "ok" })), "quiet"],
  ["acknowledgements of edits", oldOf20(20, (n) => ({ ...old(n), length: 199, kind: "mut" })), "quiet"],
  ["outcomes of edits", oldOf20(17, (n) => ({ ...old(n), length: 200, kind: "mut" })), "stuck"],
  ["the same error", oldOf20(16, (n) => ({ args: `o${n}`, result: `r${n}`, error: "e" })), "stuck"],
  [
    "searches that find nothing",
    oldOf20(16, (n) => ({ ...old(n), search: true, answer: "", length: 0 })),
    "stuck",
  ],
  ["polls", oldOf20(20, (n) => (n % 5 ? old(n) : { kind: "wait" })), "quiet"],
  ["unknown results", oldOf20(20, (n) => ({ ...old(n), result: null })), "quiet"],
  ["old answers that are over", [...oldOf20(14), ...times(10, (n) => fresh(n + 30))], "quiet"],
] satisfies [string, TestCall[], string][])("R7 judges %s", (_, calls, level) => {
  expect(levelBy("R7", calls)).toBe(level);
});

it("tells how many answers they are", () => {
  const finding = findLoop(activityOf(oldOf20(14)), options);

  expect(finding).toMatchObject({
    code: "old_answers",
    rule: "R7",
    level: "stuck",
    count: 14,
    of: 20,
    answers: 3,
  });
});
