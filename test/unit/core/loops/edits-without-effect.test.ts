import { expect, it } from "vitest";
import { findLoop } from "../../../../src/core/loops/loop.ts";
import { activityOf, fresh, levelBy, options, type TestCall, times } from "../../../support/fold-calls.ts";

const check: TestCall = { kind: "run", args: "npm test", result: "1 failed" };
const other: TestCall = { kind: "run", args: "npm run lint" };
const edit = (n: number): TestCall => ({ kind: "mut", args: `e${n}`, result: `e${n}` });

/** A check, then `count` times something and the check again. */
function rounds(count: number, made: (n: number) => TestCall = edit, checked: TestCall = check): TestCall[] {
  return times(2 * count + 1, (n) => (n % 2 ? made(n) : checked));
}

it.each([
  ["2 rounds", rounds(2), "quiet"],
  ["3 rounds", rounds(3), "struggling"],
  ["5 rounds", rounds(5), "struggling"],
  ["6 rounds", rounds(6), "stuck"],
  ["9 rounds of a check that says nothing", rounds(9, edit, { ...check, length: 0 }), "struggling"],
  ["10 rounds of a check that says nothing", rounds(10, edit, { ...check, length: 0 }), "stuck"],
  ["6 rounds of a failing check", rounds(6, edit, { ...check, error: "# failed" }), "stuck"],
  ["edits that fail", rounds(6, (n) => ({ ...edit(n), error: `e${n}` })), "quiet"],
  ["looks instead of edits", rounds(6, fresh), "quiet"],
  ["a check that moves", [...rounds(5), edit(20), { ...check, result: "0 failed" }], "quiet"],
  [
    "a check whose blurred error stays",
    rounds(6).map((call, n) =>
      call === check ? { ...check, error: "# failed", result: `${9 - n} failed` } : call,
    ),
    "quiet",
  ],
  [
    "another check that moves",
    [...rounds(3), { ...other, result: "1" }, edit(30), ...rounds(2), { ...other, result: "2" }],
    "quiet",
  ],
  ["another check that stays", [other, ...rounds(3), other, edit(30), ...rounds(2), other], "stuck"],
  [
    "runs of unknown arguments that move",
    rounds(6).flatMap((call, n) => [call, { kind: "run", args: null, result: `${n}` }]),
    "stuck",
  ],
  ["a look that moves", rounds(6).flatMap((call, n) => [call, { args: "look", result: `${n}` }]), "stuck"],
  [
    "another check whose results are lost",
    rounds(6).flatMap((call, n) => [call, { ...other, result: n % 2 ? null : "1" }]),
    "stuck",
  ],
  ["a check that was left behind", [...rounds(6), ...times(10, (n) => fresh(n))], "quiet"],
  ["a check not left behind yet", [...rounds(6), ...times(9, (n) => fresh(n))], "stuck"],
  ["a look between edits", rounds(8, edit, { ...check, kind: "obs" }), "quiet"],
  ["unknown arguments", rounds(8, edit, { ...check, args: null }), "quiet"],
  ["unknown results", rounds(8, edit, { ...check, result: null }), "quiet"],
] satisfies [string, TestCall[], string][])("R5 judges %s", (_, calls, level) => {
  expect(levelBy("R5", calls)).toBe(level);
});

it.each([
  ["a check that succeeds, edits of 3 files", 3, {}, "struggling"],
  ["a check that succeeds, edits of 2 files", 2, {}, "stuck"],
  ["a check that fails, edits of 3 files", 3, { error: "# failed" }, "stuck"],
])("R5 judges %s", (_, files, checked, level) => {
  const activity = activityOf(rounds(8, edit, { ...check, ...checked }));
  for (const [index, call] of activity.calls.entries())
    if (call.kind === "mut") call.target = `src/file-${index % (2 * files)}.ts`;

  expect(findLoop(activity, options)?.level).toBe(level);
});
