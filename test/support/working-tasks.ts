import type { JudgedTask } from "./judged-task.ts";
import { hour, minute, now, second } from "./sample-clock.ts";
import { active, call, ended, failures, message, shell } from "./sample-events.ts";
import { alive, gone, log, sampleStream, transcript } from "./sample-stream.ts";
import { claim, sampleDelegation } from "./sample-task.ts";

/** Tasks whose work goes on: by a child, by signs of life, by a claim, after an earlier attempt. */
export const workingTasks: readonly JudgedTask[] = [
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
