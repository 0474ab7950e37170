import { expect, it } from "vitest";
import { fresh, levelBy, type TestCall, times } from "../../../support/fold-calls.ts";

const unknown = { args: "a", result: null };
const edit: TestCall = { kind: "mut", args: "e" };
const look = (n: number) => (n % 2 ? { args: `a${n}`, result: null } : unknown);

it.each([
  ["3 equal looks of 6", times(6, look), "quiet"],
  ["4 equal looks of 7", times(7, look), "struggling"],
  ["5 equal looks of 10", times(10, look), "struggling"],
  ["6 equal looks of 12", times(12, look), "stuck"],
  ["6 equal looks, then others", [...times(12, look), ...times(3, (n) => look(2 * n + 21))], "struggling"],
  [
    "looks with an edit in between",
    times(12, (n) => (n === 5 ? { ...edit, result: null } : look(n))),
    "quiet",
  ],
  ["6 equal looks of 13", [unknown, ...times(2, (n) => look(2 * n + 31)), ...times(10, look)], "struggling"],
  ["pages", times(12, (n) => ({ ...look(n), trait: "pages" as const })), "quiet"],
  ["looks of which one has a known result", times(12, (n) => (n === 7 ? fresh(n) : look(n))), "quiet"],
  ["looks whose results are known", times(12, (n) => ({ ...look(n), result: `r${n}` })), "quiet"],
  ["unknown arguments", times(12, () => ({ args: null, result: null })), "quiet"],
])("R1w judges %s", (_, calls, level) => {
  expect(levelBy("R1w", calls)).toBe(level);
});

/** One call whose answer flickers between `answers` texts, `count` times, other calls in between. */
const flickering = (count: number, answers: number, between: TestCall) =>
  times(count, (n) => [{ args: "a", result: `r${n % answers}` }, fresh(n, between)]).flat();

it.each([
  ["6 old answers of 12", times(9, (n) => ({ args: "a", result: `r${n % 3}` })), "stuck"],
  ["5 old answers", times(8, (n) => ({ args: "a", result: `r${n % 3}` })), "quiet"],
  [
    "6 old answers, then a new one",
    [...times(9, (n) => ({ args: "a", result: `r${n % 3}` })), fresh(1)],
    "quiet",
  ],
  ["old answers between looks", flickering(9, 2, { kind: "obs" }).slice(0, -1), "stuck"],
  ["old answers between commands", flickering(9, 2, { kind: "run" }).slice(0, -1), "quiet"],
  ["new answers", times(12, (n) => ({ args: "a", result: `r${n}` })), "quiet"],
  [
    "old answers with an edit between",
    times(13, (n) => (n === 7 ? edit : { args: "a", result: `r${n % 2}` })),
    "quiet",
  ],
  [
    "waits with old answers",
    times(12, (n) => ({ args: "a", kind: "wait" as const, result: `r${n % 2}` })),
    "quiet",
  ],
  [
    "looks between waits",
    times(14, (n) => (n % 2 ? { args: "a", result: "r" } : { args: "w", kind: "wait" as const })),
    "quiet",
  ],
] satisfies [string, TestCall[], string][])("R1w judges %s", (_, calls, level) => {
  expect(levelBy("R1w", calls)).toBe(level);
});
