import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../../src/core/evidence/agent-event.ts";
import { findingDetails, findingMessage } from "../../../../../src/core/verdict/words.ts";
import { minute, now } from "../../../../support/sample-clock.ts";
import { sampleStream } from "../../../../support/sample-stream.ts";
import { assessNow } from "../../../../support/sample-task.ts";

const start: AgentEvent = { type: "user_message", at: now - 20 * minute };
const plan = (done: number): AgentEvent => ({
  type: "plan_changed",
  at: now - 5 * minute,
  done,
  total: 5,
  step: null,
});
const end = (message: string | null, answer: string | null): AgentEvent => ({
  type: "turn_ended",
  at: now - 2 * minute,
  outcome: "success",
  message,
  answer,
});

it("fails without an answer, and says what there was instead", () => {
  const events: AgentEvent[] = [
    start,
    { type: "turn_ended", at: now - minute, outcome: "failure", message: "only thoughts", isEmpty: true },
  ];
  const { health, verdict, facts } = assessNow({ streams: [sampleStream("s", { source: "codex", events })] });
  expect([health, verdict.finding.code]).toEqual(["failed", "no_answer"]);
  expect(findingMessage(verdict.finding, facts)).toBe("ended without an answer");
  expect(findingDetails(verdict.finding, facts)).toEqual(["only thoughts"]);
});

describe("a turn that is over", () => {
  it.each([
    ["how long it took", [start, end(null, null)], "done in 18m", []],
    ["its last words as a detail", [start, end(null, "All done.")], "done in 18m", ['"All done."']],
    [
      "that it ended early by its own plan",
      [start, plan(2), end(null, "All done.")],
      "ended with 2/5 steps",
      ['"All done."'],
    ],
    ["nothing of a plan that is done", [start, plan(5), end(null, null)], "done in 18m", []],
    ["what cut it short", [start, plan(2), end("output limit", null)], "output limit", []],
  ] as const)("says %s", (_, events, message, details) => {
    const { verdict, facts } = assessNow({
      streams: [sampleStream("s", { source: "codex", events: [...events] })],
    });
    expect(verdict.finding.code).toBe("turn_over");
    expect(findingMessage(verdict.finding, facts)).toBe(message);
    expect(findingDetails(verdict.finding, facts)).toEqual(details);
  });
});
