import { expect, it } from "vitest";
import type { AgentEvent } from "../../../../../src/core/evidence/agent-event.ts";
import type { Stream } from "../../../../../src/core/evidence/stream.ts";
import { assess } from "../../../../../src/core/verdict/health.ts";
import { findingDetails, findingMessage } from "../../../../../src/core/verdict/words.ts";
import { minute, now } from "../../../../support/sample-clock.ts";
import { alive, gone, transcript } from "../../../../support/sample-stream.ts";
import { sampleTask } from "../../../../support/sample-task.ts";

const armedAt = now - 60 * minute;
const sleep = (minutes: number): AgentEvent[] => [
  { type: "asleep", at: armedAt, untilAt: now + minutes * minute, reason: "wait for CI" },
  { type: "turn_ended", at: armedAt + 1, outcome: "success", message: null },
];
const at = (minutes: number) => ({ at: now - minutes * minute });

function judge(events: readonly AgentEvent[], more: Partial<Stream> = { liveness: alive }) {
  const task = sampleTask({ streams: [{ ...transcript(...events), ...more }] });
  return assess(task, now, { failures: 3, stuckAfterMs: 15 * minute });
}

it.each([
  ["sleeps until its wake-up", sleep(20), "healthy", "asleep"],
  ["has a moment after it", sleep(-1), "healthy", "asleep"],
  ["is stuck when it did not come", sleep(-30), "stuck", "wakeup_missed"],
  [
    "is over when it came and the work is done",
    [
      ...sleep(-30),
      { type: "active", ...at(20) },
      { type: "turn_ended", ...at(19), outcome: "success", message: null },
    ],
    "completed",
    "turn_over",
  ],
  [
    "is over when it was called off",
    [
      { type: "asleep", at: armedAt, untilAt: now + minute, reason: null },
      ...sleep(0).slice(1),
      { type: "asleep", ...at(9), untilAt: null, reason: null },
    ],
    "completed",
    "turn_over",
  ],
  [
    "is over when a person took it up before a wake-up that did not come",
    [
      ...sleep(-10),
      { type: "user_message", ...at(50) },
      { type: "turn_ended", ...at(49), outcome: "success", message: null },
    ],
    "completed",
    "turn_over",
  ],
] satisfies [string, AgentEvent[], string, string][])("a session %s", (_, events, health, code) => {
  const assessment = judge(events);
  expect([assessment.health, assessment.verdict.finding.code]).toEqual([health, code]);
});

it("says until when, and for what", () => {
  const { verdict, facts } = judge(sleep(20));
  expect(findingMessage(verdict.finding, facts)).toMatch(/^sleeps until \d\d:\d\d \(wait for CI\)$/);
});

it.each([
  [20, /its wake-up of \d\d:\d\d will never come; pid 7 does not exist/],
  [-20, /its wake-up of \d\d:\d\d never came; pid 7 does not exist/],
])("is failed when its process is gone", (minutes, says) => {
  const { health, verdict, facts } = judge(sleep(minutes), { liveness: gone });
  expect(health).toBe("failed");
  expect(findingDetails(verdict.finding, facts)[0]).toMatch(says);
});

it.each([
  ["is named while it is put off", 30, 21, "struggling", "provider_retries"],
  ["counts silence from then", -14, 44, "healthy", "recent_activity"],
  ["is stuck when nothing came of it", -16, 46, "stuck", "no_activity"],
])("a request that is announced again %s", (_, next, ago, health, code) => {
  const retry: AgentEvent = {
    type: "provider_retry",
    ...at(ago),
    message: "529 overloaded",
    attempt: 1,
    maxAttempts: 300,
    nextAt: now + next * minute,
  };
  const assessment = judge([{ type: "user_message", ...at(ago + 1) }, retry]);
  expect([assessment.health, assessment.verdict.finding.code]).toEqual([health, code]);
});
