import { describe, expect, it } from "vitest";
import type { TaskStatus } from "../../../../src/core/claims/task-status.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import type { Health } from "../../../../src/core/log/health.ts";
import type { FindingCode } from "../../../../src/core/verdict/finding.ts";
import { weakerFindings } from "../../../../src/core/verdict/health.ts";
import { hour, minute, now, second } from "../../../support/sample-clock.ts";
import {
  active,
  asked,
  call,
  ended,
  failures,
  message,
  openCall,
  retry,
  shell,
} from "../../../support/sample-events.ts";
import { alive, gone, log, sampleStream, transcript, unseen } from "../../../support/sample-stream.ts";
import {
  assessNow,
  claim,
  quiet,
  sampleDelegation,
  sampleReading,
  sampleStatus,
} from "../../../support/sample-task.ts";

/** The findings of this table; those of loops have their own (`rules/`). */
const healths: Partial<Record<FindingCode, Health>> = {
  claim_unreadable: "unknown",
  claim_mismatch: "unknown",
  claim_alone: "unknown",
  no_evidence: "unknown",
  result_failed: "failed",
  turn_failed: "failed",
  reported_failed: "failed",
  process_gone: "failed",
  cancelled: "cancelled",
  result_recorded: "completed",
  turn_over: "completed",
  reported_completed: "completed",
  waiting_permission: "waiting",
  waiting_question: "waiting",
  waiting_plan_approval: "waiting",
  waiting_usage_limit: "waiting",
  waiting_prompt: "waiting",
  no_activity: "stuck",
  never_started: "stuck",
  log_ends: "unknown",
  queued: "healthy",
  tool_failures: "struggling",
  provider_retries: "struggling",
  child_running: "healthy",
  recent_activity: "healthy",
  reported_running: "healthy",
};

type Row = readonly [name: string, task: Partial<Task>, code: FindingCode, basis: string];

const broken = (status: TaskStatus | null, code: "invalid_json" | "wrong_type" | "unknown_status") => ({
  status: {
    ...sampleReading("a"),
    status,
    problems: [{ code, path: ".worktrees/a/status.json", line: null, column: null, message: "is wrong" }],
  },
});
const retries = (count: number) =>
  Array.from({ length: count }, (_, index) => retry((count - index) * second));

const unknownRows: readonly Row[] = [
  ["an unreadable claim alone", broken(null, "invalid_json"), "claim_unreadable", "reported"],
  [
    "an unknown status word alone",
    broken(sampleStatus({ status: null }), "unknown_status"),
    "claim_mismatch",
    "reported",
  ],
  ["a running claim of 15 minutes alone", claim({ updatedAt: now - 15 * minute }), "claim_alone", "reported"],
  ["a running claim of two hours alone", claim({ updatedAt: now - 2 * hour }), "claim_alone", "reported"],
  [
    "a running claim whose process cannot be seen",
    { ...claim({ updatedAt: now - 2 * hour }), process: unseen },
    "claim_alone",
    "reported",
  ],
  ["a running claim without a time", claim({ updatedAt: null, createdAt: null }), "no_evidence", "reported"],
  ["an open request of an hour alone", { delegations: [sampleDelegation()] }, "claim_alone", "reported"],
  ["nothing at all", {}, "no_evidence", "inferred"],
  ["a log without a single event", { streams: [log()] }, "no_evidence", "inferred"],
];

const endedRows: readonly Row[] = [
  [
    "a failed result",
    { delegations: [sampleDelegation({ result: { status: "failure" } })] },
    "result_failed",
    "reported",
  ],
  [
    "a timed out result",
    { delegations: [sampleDelegation({ result: { status: "timeout" } })] },
    "result_failed",
    "reported",
  ],
  [
    "a turn that ended in failure",
    { streams: [transcript(ended(minute, "failure"))] },
    "turn_failed",
    "observed",
  ],
  ["a turn that timed out", { streams: [transcript(ended(minute, "timeout"))] }, "turn_failed", "observed"],
  ["a claim of failure", claim({ status: "failed" }), "reported_failed", "reported"],
  ["a claim of timeout", claim({ status: "timeout" }), "reported_failed", "reported"],
  [
    "a claim of failure after the last activity",
    { ...claim({ status: "failed" }), streams: [transcript(call(5 * minute, "ok"))] },
    "reported_failed",
    "reported",
  ],
  [
    "a claim of completion, and a failed result",
    { ...claim({ status: "completed" }), delegations: [sampleDelegation({ result: { status: "failure" } })] },
    "result_failed",
    "reported",
  ],
  [
    "a success in the transcript, and a failed result",
    {
      streams: [transcript(ended(minute, "success"))],
      delegations: [sampleDelegation({ result: { status: "failure" } })],
    },
    "result_failed",
    "reported",
  ],
  [
    "a successful result, and a failure in the transcript",
    { streams: [transcript(ended(minute, "failure"))], delegations: [sampleDelegation({ result: {} })] },
    "turn_failed",
    "observed",
  ],
  ["a process gone with a running claim", { ...claim(quiet), process: gone }, "process_gone", "observed"],
  [
    "a process gone with a created claim",
    { ...claim({ status: "created", ...quiet }), process: gone },
    "process_gone",
    "observed",
  ],
  [
    "a process gone in the middle of a turn",
    { ...claim(quiet), process: gone, streams: [transcript(call(3 * minute, "ok"))] },
    "process_gone",
    "observed",
  ],
  [
    "a process gone while it waited",
    { ...claim(quiet), process: gone, streams: [transcript(asked(3 * minute, "permission"))] },
    "process_gone",
    "observed",
  ],
  [
    "a process gone while a child worked",
    {
      ...claim(quiet),
      process: gone,
      streams: [transcript(active(3 * minute), shell("k", 3 * minute))],
    },
    "process_gone",
    "observed",
  ],
  [
    "a process gone and an unknown status word",
    { ...broken(sampleStatus({ status: null }), "unknown_status"), process: gone },
    // The word may mean that it ended well.
    "claim_mismatch",
    "reported",
  ],
  [
    "a process gone after a claim of completion",
    { ...claim({ status: "completed" }), process: gone },
    "reported_completed",
    "reported",
  ],
  [
    "a process gone after a turn that succeeded",
    { ...claim(quiet), process: gone, streams: [transcript(ended(3 * minute, "success"))] },
    "turn_over",
    "observed",
  ],
  [
    "a process gone after a successful result",
    { ...claim(quiet), process: gone, delegations: [sampleDelegation({ result: {} })] },
    "result_recorded",
    "reported",
  ],
  ["a stop by a person", { streams: [transcript(ended(minute, "cancelled"))] }, "cancelled", "observed"],
  ["a successful result", { delegations: [sampleDelegation({ result: {} })] }, "result_recorded", "reported"],
  [
    "a successful result under a running claim",
    { ...claim(), delegations: [sampleDelegation({ result: {} })] },
    "result_recorded",
    "reported",
  ],
  ["a turn that succeeded", { streams: [transcript(ended(minute, "success"))] }, "turn_over", "observed"],
  ["a claim of completion", claim({ status: "completed" }), "reported_completed", "reported"],
  [
    "a claim of completion after the last activity",
    { ...claim({ status: "completed" }), streams: [transcript(call(5 * minute, "ok"))] },
    "reported_completed",
    "reported",
  ],
  [
    "a claim of completion, and failures in a log before it",
    { ...claim({ status: "completed" }), streams: [log(failures(3))] },
    "reported_completed",
    "reported",
  ],
  [
    "a late line after a successful result",
    {
      delegations: [sampleDelegation({ result: { at: now - 2 * minute } })],
      streams: [transcript(message(hour / 2), call(minute, "ok"))],
    },
    "result_recorded",
    "reported",
  ],
];

const openRows: readonly Row[] = [
  [
    "an open permission",
    { streams: [transcript(asked(minute, "permission"))] },
    "waiting_permission",
    "observed",
  ],
  ["an open question", { streams: [transcript(asked(minute, "question"))] }, "waiting_question", "observed"],
  [
    "a plan to approve",
    { streams: [transcript(asked(minute, "plan_approval"))] },
    "waiting_plan_approval",
    "observed",
  ],
  [
    "a usage limit",
    { streams: [transcript(asked(minute, "usage_limit"))] },
    "waiting_usage_limit",
    "observed",
  ],
  ["an empty prompt", { streams: [transcript(asked(minute, "prompt"))] }, "waiting_prompt", "observed"],
  [
    "an interactive session whose turn is over",
    { streams: [{ ...transcript(ended(minute, "success")), isInteractive: true }] },
    "waiting_prompt",
    "observed",
  ],
  [
    "a permission open for hours",
    { ...claim({ createdAt: null }), streams: [transcript(asked(5 * hour, "permission"))] },
    "waiting_permission",
    "observed",
  ],
  [
    "a created claim of 15 minutes",
    claim({ status: "created", createdAt: now - 15 * minute, updatedAt: null }),
    "never_started",
    "reported",
  ],
  [
    "a log that ended 15 minutes ago and that nothing claims",
    { streams: [log(active(15 * minute))] },
    "log_ends",
    "inferred",
  ],
  [
    "a created claim of 15 minutes less 1 ms",
    claim({ status: "created", createdAt: now - 15 * minute + 1, updatedAt: null }),
    "queued",
    "reported",
  ],
  [
    "silence of 15 minutes less 1 ms",
    { streams: [transcript(active(15 * minute - 1))] },
    "recent_activity",
    "observed",
  ],
  ["silence of 15 minutes", { streams: [transcript(active(15 * minute))] }, "no_activity", "inferred"],
  [
    "silence of 15 minutes and 1 ms",
    { streams: [transcript(active(15 * minute + 1))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool open for 30 minutes less 1 ms",
    { streams: [transcript(openCall(30 * minute - 1))] },
    "recent_activity",
    "observed",
  ],
  ["a tool open for 30 minutes", { streams: [transcript(openCall(30 * minute))] }, "no_activity", "inferred"],
  [
    "a tool open for 30 minutes and 1 ms",
    { streams: [transcript(openCall(30 * minute + 1))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool open for its own hour and 30 s less 1 ms",
    { streams: [transcript(openCall(hour + 30 * second - 1, hour))] },
    "recent_activity",
    "observed",
  ],
  [
    "a tool open for its own hour and 30 s",
    { streams: [transcript(openCall(hour + 30 * second, hour))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool open for its own hour and 30 s and 1 ms",
    { streams: [transcript(openCall(hour + 30 * second + 1, hour))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool that is past its own minute",
    { streams: [transcript(openCall(90 * second, minute))] },
    "no_activity",
    "inferred",
  ],
  [
    "a tool that is not past its own minute and the time to notice it",
    { streams: [transcript(openCall(90 * second - 1, minute))] },
    "recent_activity",
    "observed",
  ],
  [
    "silence of a log under a fresh claim",
    { ...claim(), streams: [log(call(20 * minute, "ok"))] },
    "no_activity",
    "inferred",
  ],
  ["two failures in a row", { streams: [log(failures(2))] }, "recent_activity", "observed"],
  ["three failures in a row", { streams: [log(failures(3))] }, "tool_failures", "observed"],
  [
    "three failures, and a success in another log since",
    { streams: [log(failures(3)), transcript(call(second, "ok"))] },
    "recent_activity",
    "observed",
  ],
  [
    "three failures, and a success in another log before",
    { streams: [log(failures(3)), transcript(call(10 * minute, "ok"))] },
    "tool_failures",
    "observed",
  ],
  [
    "three failures before a new user message",
    { streams: [transcript(failures(3), message(second))] },
    "recent_activity",
    "observed",
  ],
  ["two retries", { streams: [transcript(retries(2))] }, "recent_activity", "observed"],
  ["three retries", { streams: [transcript(retries(3))] }, "provider_retries", "observed"],
  [
    "a first retry that calls itself the third",
    {
      streams: [transcript(retry(minute, 3))],
    },
    "provider_retries",
    "observed",
  ],
  [
    "three retries before an answer",
    { streams: [transcript(retries(3), { type: "said", at: now, text: "on it" })] },
    "recent_activity",
    "observed",
  ],
  [
    "a claim of a wrong type under activity",
    { ...broken(sampleStatus(), "wrong_type"), streams: [log(call(minute, "ok"))] },
    "recent_activity",
    "observed",
  ],
  [
    "a claim of a wrong type under failures",
    { ...broken(sampleStatus(), "wrong_type"), streams: [log(failures(3))] },
    "tool_failures",
    "observed",
  ],
  [
    "an unreadable claim under activity",
    { ...broken(null, "invalid_json"), streams: [log(call(minute, "ok"))] },
    "recent_activity",
    "observed",
  ],
  [
    "a turn that is over while a shell works",
    {
      streams: [transcript(shell("k", minute, "build"), ended(second, "success"))],
    },
    "child_running",
    "observed",
  ],
  [
    "a turn that is over while its sub-agent works",
    {
      streams: [transcript(ended(minute, "success"))],
      children: [sampleStream("c", { parentKey: "t", events: [active(second)] })],
    },
    "child_running",
    "observed",
  ],
  [
    "a turn that is over and whose sub-agent ended too",
    {
      streams: [transcript(ended(minute, "success"))],
      children: [sampleStream("c", { parentKey: "t", events: [ended(second, "success")] })],
    },
    "turn_over",
    "observed",
  ],
  ["activity a minute ago", { streams: [transcript(call(minute, "ok"))] }, "recent_activity", "observed"],
  [
    "a changed file a minute ago",
    { ...claim(), streams: [sampleStream("f", { source: "worktree_files", events: [active(minute)] })] },
    "recent_activity",
    "inferred",
  ],
  [
    "a running claim of 15 minutes less 1 ms alone",
    claim({ updatedAt: now - 15 * minute + 1 }),
    "reported_running",
    "reported",
  ],
  [
    "a fresh running claim with a living process",
    { ...claim(), process: alive },
    "reported_running",
    "reported",
  ],
  [
    "a claim of completion before the last activity",
    {
      ...claim({ status: "completed", updatedAt: now - 10 * minute }),
      streams: [transcript(call(minute, "ok"))],
    },
    "recent_activity",
    "observed",
  ],
  [
    "a claim of failure before the last activity",
    {
      ...claim({ status: "failed", updatedAt: now - 10 * minute }),
      streams: [transcript(call(minute, "ok"))],
    },
    "recent_activity",
    "observed",
  ],
  [
    "a successful result before a new user message",
    {
      delegations: [sampleDelegation({ result: { at: now - 20 * minute } })],
      streams: [transcript(message(10 * minute), call(minute, "ok"))],
    },
    "recent_activity",
    "observed",
  ],
  [
    "a failed result before a new user message",
    {
      delegations: [sampleDelegation({ result: { status: "failure", at: now - 20 * minute } })],
      streams: [transcript(message(10 * minute), call(minute, "ok"))],
    },
    "recent_activity",
    "observed",
  ],
  [
    "a turn that ended before a new user message",
    { streams: [transcript(ended(20 * minute, "failure"), message(10 * minute), call(minute, "ok"))] },
    "recent_activity",
    "observed",
  ],
  [
    "a failure of an earlier attempt in the same worktree",
    { ...claim({ createdAt: now - 10 * minute }), streams: [transcript(ended(2 * hour, "failure"))] },
    "reported_running",
    "reported",
  ],
  [
    "the silence of an earlier attempt",
    {
      ...claim({ createdAt: now - 10 * minute }),
      streams: [log(failures(3), active(0)), transcript(call(2 * hour, "ok"))],
    },
    "tool_failures",
    "observed",
  ],
  [
    "the dead process of an earlier attempt",
    {
      ...claim({ createdAt: now - 10 * minute }),
      streams: [sampleStream("t", { events: [active(2 * hour)], liveness: gone })],
    },
    "reported_running",
    "reported",
  ],
  [
    "a failed result of an earlier request",
    {
      delegations: [
        sampleDelegation({ requestId: "new", request: { at: now - minute } }),
        sampleDelegation({ requestId: "old", result: { status: "failure" } }),
      ],
    },
    "reported_running",
    "reported",
  ],
  [
    "a request far in the future alone",
    { delegations: [sampleDelegation({ request: { at: now + hour } })] },
    "no_evidence",
    "reported",
  ],
  [
    "activity under a request far in the future",
    { delegations: [sampleDelegation({ request: { at: now + hour } })], streams: [log(failures(3))] },
    "tool_failures",
    "observed",
  ],
  [
    "a clock far ahead in a log",
    { ...claim({ updatedAt: now - 2 * hour }), streams: [log(active(-hour))] },
    "claim_alone",
    "reported",
  ],
  [
    "a clock a little ahead in a log",
    { streams: [log(active(-30 * second))] },
    "recent_activity",
    "observed",
  ],
];

const rows = [...unknownRows, ...endedRows, ...openRows];

describe("assess", () => {
  it.each(rows)("judges %s", (_, task, code, basis) => {
    const { health, verdict } = assessNow(task);
    expect([verdict.finding.code, verdict.basis, health]).toEqual([code, basis, healths[code]]);
  });

  it("names where each verdict was read", () => {
    const origins = rows.map(([, task]) => assessNow(task).verdict.origin.source);
    expect(new Set(origins)).toEqual(
      new Set([
        "status.json",
        "delegation_requests.jsonl",
        "delegation_results.jsonl",
        "transcript",
        "agent_logs",
        "process",
        "worktree_files",
      ]),
    );
  });

  it("finds each of these codes in at least one row above", () => {
    expect(new Set<string>(rows.map(([, , code]) => code))).toEqual(new Set(Object.keys(healths)));
  });

  it("keeps what else holds, weaker findings behind stronger ones", () => {
    const assessment = assessNow({ ...claim(quiet), process: gone, streams: [log(failures(3, 2 * minute))] });
    expect([assessment.verdict.finding, ...weakerFindings(assessment)].map(({ code }) => code)).toEqual([
      "process_gone",
      "tool_failures",
      "recent_activity",
      "no_evidence",
    ]);
  });
});
