import { brokenClaim, type JudgedTask } from "./judged-task.ts";
import { hour, minute, now } from "./sample-clock.ts";
import { active, asked, call, ended, failures, message, shell } from "./sample-events.ts";
import { gone, log, transcript, unseen } from "./sample-stream.ts";
import { claim, quiet, sampleDelegation, sampleStatus } from "./sample-task.ts";

/** Tasks of which nothing is known but what somebody claims, or not even that. */
export const unreportedTasks: readonly JudgedTask[] = [
  ["an unreadable claim alone", brokenClaim(null, "invalid_json"), "claim_unreadable", "reported"],
  [
    "an unknown status word alone",
    brokenClaim(sampleStatus({ status: null }), "unknown_status"),
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

/** Tasks that ended, well or not. */
export const endedTasks: readonly JudgedTask[] = [
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
    { ...brokenClaim(sampleStatus({ status: null }), "unknown_status"), process: gone },
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
