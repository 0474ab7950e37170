import { expect, it } from "vitest";
import type { Task } from "../../../../../src/core/join/task.ts";
import type { ProblemCode } from "../../../../../src/core/text/problem.ts";
import { assess, weakerFindings } from "../../../../../src/core/verdict/health.ts";
import { hour, minute, now, second } from "../../../../support/sample-clock.ts";
import {
  active,
  asked,
  call,
  ended,
  equalCalls,
  failures,
  message,
  retry,
  shell,
} from "../../../../support/sample-events.ts";
import { alive, gone, log, sampleStream, transcript } from "../../../../support/sample-stream.ts";
import {
  assessNow,
  claim,
  options,
  quiet,
  sampleDelegation,
  sampleReading,
  sampleTask,
} from "../../../../support/sample-task.ts";

const claimWith = (code: ProblemCode) => ({
  status: {
    ...sampleReading("a"),
    problems: [{ code, path: ".worktrees/a/status.json", line: null, column: null, message: "is wrong" }],
  },
});

it.each<[string, Partial<Task>, string]>([
  [
    "an interactive session whose turn is over and whose shell works",
    { streams: [{ ...transcript(shell("build", minute), ended(second, "success")), isInteractive: true }] },
    "child_running",
  ],
  [
    "an interactive session whose turn failed",
    { streams: [{ ...transcript(ended(second, "failure")), isInteractive: true }] },
    "turn_failed",
  ],
  [
    "a turn that is over, and a background task that asks for a permission since then",
    {
      streams: [transcript(ended(hour, "success"))],
      children: [
        { ...sampleStream("c", { events: [active(hour), asked(hour, "permission")] }), role: "task" },
      ],
    },
    "child_running",
  ],
  [
    "a turn that ended with a plan to approve",
    {
      streams: [transcript(ended(minute, "success"), asked(minute, "plan_approval"))],
    },
    "waiting_plan_approval",
  ],
  [
    "a turn that ended with a question",
    { streams: [transcript(ended(minute, "success"), asked(minute, "question"))] },
    "turn_over",
  ],
  [
    "a result at the very moment of the last instruction",
    {
      delegations: [sampleDelegation({ result: { at: now - 10 * minute } })],
      streams: [transcript(message(10 * minute), call(minute, "ok"))],
    },
    "result_recorded",
  ],
  [
    "a result, and an instruction a millisecond later",
    {
      delegations: [sampleDelegation({ result: { at: now - 10 * minute - 1 } })],
      streams: [transcript(message(10 * minute), call(minute, "ok"))],
    },
    "recent_activity",
  ],
  [
    "a result, and an instruction to a launcher's log alone",
    {
      delegations: [sampleDelegation({ result: { at: now - 20 * minute } })],
      streams: [log(message(10 * minute))],
    },
    "result_recorded",
  ],
  [
    "a result, and an instruction whose turn is over too",
    {
      delegations: [sampleDelegation({ result: { at: now - 20 * minute, status: "failure" } })],
      streams: [transcript(message(10 * minute), ended(minute, "success"))],
    },
    "result_failed",
  ],
  [
    "a claim of completion at the very moment of the last activity",
    { ...claim({ status: "completed" }), streams: [transcript(active(minute))] },
    "reported_completed",
  ],
  [
    "a claim of completion a millisecond before the last activity",
    { ...claim({ status: "completed" }), streams: [transcript(active(minute - 1))] },
    "recent_activity",
  ],
  [
    "a claim of completion without a time, and a turn that is not over",
    { ...claim({ status: "completed", updatedAt: null }), streams: [transcript(active(minute))] },
    "recent_activity",
  ],
  [
    "a claim of completion later than the last activity of a living process",
    { ...claim({ status: "completed" }), process: alive, streams: [transcript(active(5 * minute))] },
    "recent_activity",
  ],
  [
    "a claim of completion whose time of completion is before the last activity",
    {
      ...claim({ status: "completed", completedAt: now - 10 * minute }),
      streams: [transcript(active(5 * minute))],
    },
    "recent_activity",
  ],
  [
    "a claim of completion while a shell works",
    {
      ...claim({ status: "completed" }),
      streams: [transcript(shell("build", minute), ended(30 * second, "success"))],
    },
    "child_running",
  ],
  [
    "a gone process after a claim of failure, and a turn that is not over",
    { ...claim({ status: "failed", ...quiet }), process: gone, streams: [transcript(active(3 * minute))] },
    "process_gone",
  ],
  [
    "a gone process that nobody claims anything of",
    {
      streams: [{ ...log(active(3 * minute)), liveness: gone }],
    },
    "process_gone",
  ],
  [
    "a gone process with a running claim and a successful result",
    { ...claim(quiet), process: gone, delegations: [sampleDelegation({ result: {} })] },
    "result_recorded",
  ],
  [
    "a success of another log at the very moment of the first failure",
    {
      streams: [log(failures(3)), transcript(call(3 * minute, "ok"))],
    },
    "tool_failures",
  ],
  [
    "a success of another log a millisecond after the first failure",
    {
      streams: [log(failures(3)), transcript(call(3 * minute - 1, "ok"))],
    },
    "recent_activity",
  ],
  [
    "failures of the second of two sessions",
    {
      streams: [transcript(active(second)), log(failures(3))],
    },
    "tool_failures",
  ],
  [
    "retries of the second of two sessions",
    {
      streams: [
        transcript(active(second)),
        sampleStream("u", { events: [retry(3 * second), retry(2 * second), retry(second)] }),
      ],
    },
    "provider_retries",
  ],
  [
    "a loop of the second of two sessions",
    { streams: [transcript(active(second)), sampleStream("u", { events: equalCalls(5) })] },
    "repeated_call",
  ],
  ["the beginning of a loop", { streams: [transcript(equalCalls(3))] }, "repeated_call"],
  [
    "silence after the beginning of a loop",
    { streams: [sampleStream("t", { events: equalCalls(3, 20 * minute) })] },
    "no_activity",
  ],
  [
    "a loop in which the provider fails too",
    { streams: [transcript(equalCalls(5), retry(0), retry(0), retry(0))] },
    "repeated_call",
  ],
  [
    "the beginning of a loop in which the provider fails too",
    { streams: [transcript(equalCalls(3), retry(0), retry(0), retry(0))] },
    "provider_retries",
  ],
  [
    "a loop of a session whose turn is over",
    {
      streams: [
        transcript(active(second)),
        sampleStream("u", { events: [...equalCalls(5), ended(0, "cancelled")] }),
      ],
    },
    "cancelled",
  ],
  [
    "a loop of a session whose process is gone",
    { streams: [sampleStream("u", { events: equalCalls(5, 2 * minute), liveness: gone })] },
    "process_gone",
  ],
  [
    "a result, and a new instruction in one of two sessions",
    {
      delegations: [sampleDelegation({ result: { at: now - 20 * minute } })],
      streams: [transcript(active(minute)), sampleStream("u", { events: [message(10 * minute)] })],
    },
    "recent_activity",
  ],
  [
    "a created claim, and a log that fell silent",
    {
      ...claim({ status: "created", createdAt: now - 20 * minute, updatedAt: null }),
      streams: [log(active(16 * minute))],
    },
    "no_activity",
  ],
  [
    "a claim whose times are implausible, under activity",
    { ...claimWith("implausible_time"), streams: [transcript(active(minute))] },
    "recent_activity",
  ],
  [
    "a claim of an unknown status, under activity",
    { ...claimWith("unknown_status"), streams: [transcript(active(minute))] },
    "recent_activity",
  ],
  [
    "a created claim under a request",
    {
      ...claim({ status: "created", createdAt: now - 20 * minute, updatedAt: null }),
      delegations: [sampleDelegation({ request: { at: now - minute } })],
    },
    "claim_alone",
  ],
  [
    "a created claim without a time",
    { ...claim({ status: "created", createdAt: null, updatedAt: null }) },
    "no_evidence",
  ],
])("judges %s", (_, task, code) => {
  expect(assessNow(task).verdict.finding.code).toBe(code);
});

const codesOf = (task: Partial<Task>) => {
  const assessment = assessNow(task);
  return [assessment.verdict.finding, ...weakerFindings(assessment)].map(({ code }) => code);
};

it.each([
  ["14:59", 15 * minute - 1, ["recent_activity", "no_evidence"]],
  ["15 minutes", 15 * minute, ["no_activity", "no_evidence"]],
])("does not call silent and active at once what is silent for %s", (_, agoMs, codes) => {
  expect(codesOf({ streams: [transcript(active(agoMs))] })).toEqual(codes);
});

it("does not let a loop that is over stand behind its end", () => {
  const task = { streams: [transcript(equalCalls(5), ended(0, "success"))] };

  expect(codesOf(task)).not.toContain("repeated_call");
});

it("does not count time in which nobody could look as silence since the creation", () => {
  const created = claim({ status: "created", createdAt: now - hour, updatedAt: null });
  const gaps = [{ from: now - hour, to: now - 14 * minute }];
  const codeWith = (given: object) =>
    assess(sampleTask(created), now, { ...options, ...given }).verdict.finding.code;

  expect([codeWith({}), codeWith({ gaps })]).toEqual(["never_started", "queued"]);
});
