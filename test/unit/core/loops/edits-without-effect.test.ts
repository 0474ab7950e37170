import { expect, it } from "vitest";
import { fresh, levelBy, type TestCall, times } from "../../../support/fold-calls.ts";

const check: TestCall = { kind: "run", args: "npm test", result: "1 failed", error: "1 failed" };
const passing: TestCall = { kind: "run", args: "npm test", result: "9 passed" };
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
  ["20 rounds of a check that passes after new edits", rounds(20, edit, passing), "quiet"],
  [
    "20 rounds of a check that says nothing after new edits",
    rounds(20, edit, { ...passing, length: 0 }),
    "quiet",
  ],
  ["6 rounds of a check that passes after the same edit", rounds(7, () => edit(1), passing), "stuck"],
  ["5 rounds of a check that passes after the same edit", rounds(6, () => edit(1), passing), "struggling"],
  ["6 rounds of a failing tool that is no command", rounds(6, edit, { ...check, kind: "obs" }), "stuck"],
  ["edits that fail", rounds(6, (n) => ({ ...edit(n), error: `e${n}` })), "quiet"],
  ["looks instead of edits", rounds(6, fresh), "quiet"],
  ["a check that moves", [...rounds(5), edit(20), { ...passing, args: "npm test" }], "quiet"],
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
  ["a look between edits", rounds(8, edit, { ...passing, kind: "obs" }), "quiet"],
  ["unknown arguments", rounds(8, edit, { ...check, args: null }), "quiet"],
  ["unknown results", rounds(8, edit, { ...check, result: null }), "quiet"],
] satisfies [string, TestCall[], string][])("R5 judges %s", (_, calls, level) => {
  expect(levelBy("R5", calls)).toBe(level);
});

it("R5 takes edits and a check of one step as edits before the check", () => {
  const together = times(7, (n) => [edit(n), check].map((call) => ({ ...call, message: `m${n}` }))).flat();

  expect(levelBy("R5", together)).toBe("stuck");
});

it("R5 believes the words of a check more than the exit code of its pipe", () => {
  const raw = (command: string, text: string): TestCall => ({ tool: "Bash", input: { command }, text });
  const calls = times(13, (n) =>
    n % 2 ? raw(`sed -i s/${n}/x/ a.ts`, "") : raw("npm test | tail -5", "Tests: 3 failed, 12 passed"),
  );

  expect(levelBy("R5", calls)).toBe("stuck");
});
