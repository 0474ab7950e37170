import { expect, it } from "vitest";
import { fresh, levelBy, type TestCall, times } from "../../../support/fold-calls.ts";

const asking =
  (length: number, call: TestCall = {}) =>
  (n: number): TestCall => ({ args: `a${n}`, result: "r", length, ...call });
const search = { search: true, answer: "q" };
/** `count` calls of the last 12, the others like no other. */
const of12 = (count: number, call: (n: number) => TestCall) =>
  times(12, (n) => (n < 12 - count ? fresh(n) : call(n)));

it.each([
  ["5 equal answers", of12(5, asking(60)), "quiet"],
  ["6 equal answers", of12(6, asking(60)), "struggling"],
  ["9 equal answers", of12(9, asking(60)), "struggling"],
  ["10 equal answers", of12(10, asking(60)), "stuck"],
  [
    "10 equal answers of 13",
    [...of12(10, asking(60)).slice(2), ...times(3, (n) => fresh(n + 20))],
    "struggling",
  ],
  ["12 acknowledgements", of12(12, asking(59)), "quiet"],
  ["12 edits of one file", of12(12, asking(199, { kind: "mut" })), "quiet"],
  ["3 questions", of12(12, (n) => asking(60)(n % 3)), "quiet"],
  ["4 questions", of12(12, (n) => asking(60)(n % 4)), "stuck"],
  ["11 searches that found nothing", of12(11, asking(199, search)), "struggling"],
  ["12 searches that found nothing", of12(12, asking(199, search)), "stuck"],
  [
    "10 searches with one answer, one of which says more",
    of12(10, (n) => asking(n === 11 ? 200 : 199, search)(n)),
    "stuck",
  ],
  ["12 empty searches", of12(12, asking(0, search)), "stuck"],
  ["9 searches that found the same", of12(9, asking(200, search)), "struggling"],
  ["10 searches that found the same", of12(10, asking(200, search)), "stuck"],
  [
    "searches whose words differ only by the echo",
    of12(10, (n) => ({ ...asking(200, search)(n), result: `r${n}` })),
    "stuck",
  ],
  ["polls", of12(12, asking(60, { kind: "wait" })), "quiet"],
  ["unknown results", of12(12, asking(60, { result: null })), "quiet"],
  ["answers that are over", [...of12(12, asking(60)), ...times(7, (n) => fresh(n + 20))], "quiet"],
])("R4 judges %s", (_, calls, level) => {
  expect(levelBy("R4", calls)).toBe(level);
});

const edit = (length: number) => asking(length, { kind: "mut" });

it.each([
  ["4 equal outcomes", of12(4, edit(200)), "quiet"],
  ["5 equal outcomes", of12(5, edit(200)), "struggling"],
  ["9 equal outcomes", of12(9, edit(200)), "struggling"],
  ["10 equal outcomes", of12(10, edit(200)), "stuck"],
  ["12 short outcomes", of12(12, edit(199)), "quiet"],
  ["12 equal reads", of12(12, asking(200)), "quiet"],
])("R4m judges %s", (_, calls, level) => {
  expect(levelBy("R4m", calls)).toBe(level);
});
