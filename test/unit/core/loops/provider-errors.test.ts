import { expect, it } from "vitest";
import { findLoop } from "../../../../src/core/loops/loop.ts";
import { activityOf, startedAt, times } from "../../../support/fold-calls.ts";

const minute = 60_000;
const hour = 60 * minute;

const refused = (says: string) => times(12, (n) => ({ args: `a${n}`, result: `r${n}`, error: "e", says }));

it.each([
  ["API Error: 529 overloaded_error", 30 * minute - 1, "struggling provider_errors"],
  ["API Error: 529 overloaded_error", 30 * minute, "stuck provider_errors"],
  ["429 Too Many Requests", 0, "struggling provider_errors"],
  ["HTTP 503: try again", 0, "struggling provider_errors"],
  ["status 429", 0, "struggling provider_errors"],
  ["API Error 500", 0, "struggling provider_errors"],
  ["error code: 504", 0, "struggling provider_errors"],
  ["Error: code: 529", 0, "struggling provider_errors"],
  ["429 (too many tokens)", 0, "struggling provider_errors"],
  ["429: too many tokens", 0, "struggling provider_errors"],
  ["bad gateway", 0, "struggling provider_errors"],
  ["Gateway Timeout", 0, "struggling provider_errors"],
  ["statusCode:429", 0, "struggling provider_errors"],
  ["status :: 429", 0, "stuck same_error"],
  ["status ::429", 0, "struggling provider_errors"],
  ["429 ::too many tokens", 0, "struggling provider_errors"],
  ["429 :::too many tokens", 0, "stuck same_error"],
  ["HTTP 501: not implemented", 0, "stuck same_error"],
  ["code line 429", 0, "stuck same_error"],
  ["status code: 502", 0, "struggling provider_errors"],
  ["Rate limit reached for requests", 0, "struggling provider_errors"],
  ["The service is temporarily unavailable", 0, "struggling provider_errors"],
  ["expected 500 to equal 200", 0, "stuck same_error"],
  ["line 429: old_string not found", 0, "stuck same_error"],
  ["cannot overload operator", 0, "stuck same_error"],
])("tells an outage of the provider by its words: %s after %d ms", (says, afterMs, verdict) => {
  const finding = findLoop(activityOf(refused(says)), { now: startedAt + afterMs });

  expect(finding && `${finding.level} ${finding.code}`).toBe(verdict);
});

it.each([
  ["less than half an hour", 29 * minute, "struggling"],
  ["half an hour", 30 * minute, "stuck"],
])(
  "counts an outage from the first failure on, also where that call is forgotten: %s",
  (_, afterMs, level) => {
    const says = "API Error: 529 overloaded_error";
    const calls = times(80, (n) => ({ args: `a${n}`, result: `r${n}`, error: "e", says }));
    const first = startedAt + 100;
    const finding = findLoop(activityOf(calls, 1_000), { now: first + afterMs });

    expect(finding).toMatchObject({ code: "provider_errors", level, sinceAt: first });
  },
);

it.each([
  ["one call over and over", 1],
  ["two calls in turn", 2],
  ["calls like no other", 30],
])("does not call an outage stuck by what else is the same about %s", (_, different) => {
  const calls = times(30, (n) => ({ args: `a${n % different}`, result: "r", error: "e", says: "HTTP 429" }));
  const verdictAt = (now: number) => findLoop(activityOf(calls), { now })?.level;

  expect([verdictAt(startedAt), verdictAt(startedAt + hour)]).toEqual(["struggling", "stuck"]);
});

it("tells an outage also of one call that is repeated", () => {
  const calls = times(5, () => ({ args: "a", result: "r", error: "e", says: "overloaded" }));
  const finding = findLoop(activityOf(calls), { now: startedAt });

  expect(finding).toMatchObject({ code: "provider_errors", rule: "R1", level: "struggling", count: 5 });
});
