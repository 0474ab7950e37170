import { expect, it } from "vitest";
import { findLoop, loopRules } from "../../../../src/core/loops/loop.ts";
import {
  activityOf,
  fresh,
  startedAt,
  type TestCall,
  times,
  verdictOf,
} from "../../../support/fold-calls.ts";

const poll: TestCall = { kind: "wait", tool: "bash", args: "gh run view 1", result: "in progress" };
const sleep: TestCall = { kind: "wait", tool: "bash", args: "sleep 30", result: "", length: 0 };
const minute = 60_000;

it.each([
  ["19 equal polls", times(19, () => poll), null],
  ["20 equal polls", times(20, () => poll), "healthy W"],
  ["60 equal polls", times(60, () => poll), "healthy W"],
  [
    "a look and a nap, 19 times",
    times(38, (n) => (n % 2 ? sleep : { args: "status", result: "busy" })),
    null,
  ],
  [
    "a look and a nap, 20 times",
    times(40, (n) => (n % 2 ? sleep : { args: "status", result: "busy" })),
    "healthy W",
  ],
  ["polls that bring something new", times(40, (n) => ({ ...poll, result: `${n}%` })), null],
  ["polls until something else is new", [...times(30, () => poll), fresh(1)], null],
  [
    "polls of which some have no answer",
    times(40, (n) => (n % 2 ? { ...poll, result: null } : poll)),
    "healthy W",
  ],
  [
    "looks without an answer between polls",
    times(38, (n) => (n % 2 ? fresh(n, { result: null }) : poll)),
    null,
  ],
  ["polls whose answers are unknown", times(40, () => ({ ...poll, result: null })), null],
] satisfies [string, TestCall[], string | null][])("judges %s", (_, calls, verdict) => {
  expect(verdictOf(calls)).toBe(verdict);
});

it.each([
  ["59 minutes with 12 polls", 12, 59 * minute, null],
  ["59 minutes with 20 polls", 20, 59 * minute, "healthy"],
  ["60 minutes with 20 polls", 20, 60 * minute, "struggling"],
  ["60 minutes with 3 polls", 3, 60 * minute, "struggling"],
  ["60 minutes with 2 polls", 2, 60 * minute, null],
])("judges %s", (_, count, afterMs, level) => {
  const activity = activityOf(times(count, () => poll));
  const rules = loopRules.filter((rule) => rule.id === "W");

  expect(findLoop(activity, { now: startedAt + afterMs }, rules)?.level ?? null).toBe(level);
});

it("counts more polls than there are calls kept, since the first of them", () => {
  const activity = activityOf([fresh(1), ...times(200, () => poll)], minute);

  expect(findLoop(activity, { now: startedAt + 200 * minute })).toMatchObject({
    code: "polling",
    level: "struggling",
    count: 200,
    sinceAt: startedAt + minute,
  });
});
