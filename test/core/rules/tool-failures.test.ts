import { expect, it } from "vitest";
import { findLoop } from "../../../src/core/rules/loop.ts";
import { activityOf, fresh, startedAt, type TestCall, times } from "./fold-calls.ts";

const failing = (n: number) =>
  fresh(n, { tool: n % 2 ? "bash" : "edit", error: `e${n}`, says: `error ${n}` });
const minute = 60_000;

it.each([
  ["2 failures", times(2, failing), 3, null],
  ["3 failures", times(3, failing), 3, "struggling S"],
  ["3 failures where 4 are asked for", times(3, failing), 4, null],
  ["1 failure where 1 is asked for", times(1, failing), 1, "struggling S"],
  ["a success in between", [...times(2, failing), fresh(9), ...times(2, failing)], 3, null],
] satisfies [string, TestCall[], number, string | null][])("judges %s", (_, calls, failures, verdict) => {
  const finding = findLoop(activityOf(calls), { now: startedAt, failures });

  expect(finding && `${finding.level} ${finding.rule}`).toBe(verdict);
});

it("names the tools and the last error", () => {
  expect(findLoop(activityOf(times(3, failing)), { now: startedAt, failures: 3 })).toEqual({
    code: "tool_failures",
    rule: "S",
    level: "struggling",
    count: 3,
    threshold: 3,
    tools: [
      ["edit", 2],
      ["bash", 1],
    ],
    sinceAt: startedAt + 100,
    lastAt: startedAt + 2_100,
    error: "error 2",
  });
});

const refused = (says: string) => times(12, (n) => ({ args: `a${n}`, result: `r${n}`, error: "e", says }));

it.each([
  ["API Error: 529 overloaded_error", 30 * minute - 1, "struggling provider_errors"],
  ["API Error: 529 overloaded_error", 30 * minute, "stuck provider_errors"],
  ["429 Too Many Requests", 0, "struggling provider_errors"],
  ["HTTP 503: try again", 0, "struggling provider_errors"],
  ["status code: 502", 0, "struggling provider_errors"],
  ["Rate limit reached for requests", 0, "struggling provider_errors"],
  ["The service is temporarily unavailable", 0, "struggling provider_errors"],
  ["expected 500 to equal 200", 0, "stuck same_error"],
  ["line 429: old_string not found", 0, "stuck same_error"],
  ["cannot overload operator", 0, "stuck same_error"],
])("tells an outage of the provider by its words: %s after %d ms", (says, afterMs, verdict) => {
  const finding = findLoop(activityOf(refused(says)), { now: startedAt + afterMs, failures: 99 });

  expect(finding && `${finding.level} ${finding.code}`).toBe(verdict);
});

it("tells an outage also of one call that is repeated", () => {
  const calls = times(5, () => ({ args: "a", result: "r", error: "e", says: "overloaded" }));
  const finding = findLoop(activityOf(calls), { now: startedAt, failures: 99 });

  expect(finding).toMatchObject({ code: "provider_errors", rule: "R1", level: "struggling", count: 5 });
});
