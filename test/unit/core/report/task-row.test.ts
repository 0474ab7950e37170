import { expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import type { TaskReport } from "../../../../src/core/report/report.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { hour, minute, now, second } from "../../../support/sample-clock.ts";
import { active, asked, call, ended, openCall } from "../../../support/sample-events.ts";
import { ago, rowOf } from "../../../support/sample-row.ts";
import { gone, sampleStream, stream } from "../../../support/sample-stream.ts";
import { claim, quiet, root, sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

const permission = asked(2 * minute, "permission", { tool: "bash", text: "npm publish" });

it.each<[string, Partial<Task>, Partial<TaskReport>]>([
  ["its worktree by the status file", claim(), { worktree: ".worktrees/a" }],
  [
    "its worktree by the first stream that knows one",
    {
      streams: [
        stream("t", active(0)),
        sampleStream("u", { identity: { worktree: `${root}/.worktrees/b` }, events: [active(0)] }),
      ],
    },
    { worktree: ".worktrees/b" },
  ],
  ["no worktree where none is known", { streams: [stream("t", active(0))] }, { worktree: null }],
  [
    "its branch by the claim",
    { status: { ...sampleReading("a", { branch: "x" }), branch: "y" } },
    { branch: "x" },
  ],
  ["its branch by the worktree", { status: { ...sampleReading("a"), branch: "y" } }, { branch: "y" }],
  [
    "its branch by the session",
    { streams: [sampleStream("t", { branch: "z", events: [active(0)] })] },
    { branch: "z" },
  ],
  [
    "its claimed title",
    { ...claim({ title: "Search index" }), streams: [sampleStream("t", { title: "Other" })] },
    { title: "Search index" },
  ],
  [
    "its title by the first session that has one",
    {
      ...claim(),
      streams: [stream("t", active(0)), sampleStream("u", { title: "Other", events: [active(0)] })],
    },
    { title: "Other" },
  ],
  [
    "its title by the request",
    { delegations: [sampleDelegation({ request: { summary: "Look around" } })] },
    { title: "Look around" },
  ],
  ["the folder for a title", claim(), { title: "a" }],
  ["the kind of agent for a title", { delegations: [sampleDelegation()] }, { title: "explore" }],
  [
    "the name of the agent for a title",
    { streams: [sampleStream("t", { agentName: "build" })] },
    { title: "build" },
  ],
  ["a task without any name", {}, { title: "Task" }],
  [
    "the agent by the session",
    {
      ...claim({ agent: "claimed" }),
      streams: [sampleStream("t", { agentName: "build", events: [active(0)] })],
    },
    { agent: { kind: "claude-code", name: "build", session_id: null, pid: null } },
  ],
  [
    "the agent by the claim",
    claim({ agent: "claimed", subagentType: "explore", sessionId: "ses", pid: 5 }),
    { agent: { kind: "unknown", name: "claimed", session_id: "ses", pid: 5 } },
  ],
  [
    "the kind of agent by the claim",
    claim({ subagentType: "explore" }),
    { agent: { kind: "unknown", name: "explore", session_id: null, pid: null } },
  ],
  [
    "the kind of agent by the request",
    { delegations: [sampleDelegation({ sessionId: "ses" })] },
    { agent: { kind: "unknown", name: "explore", session_id: "ses", pid: null } },
  ],
  [
    "the first kind of agent that is known",
    {
      streams: [
        { ...stream("l", active(0)), agent: { kind: "unknown", name: null } },
        sampleStream("t", { identity: { sessionId: "other" }, events: [active(0)] }),
      ],
    },
    { agent: { kind: "claude-code", name: null, session_id: null, pid: null } },
  ],
  [
    "the process that is known before the claimed one",
    { ...claim({ pid: 5 }), process: gone },
    { agent: { kind: "unknown", name: null, session_id: null, pid: 7 } },
  ],
  [
    "what it does, in place of the fact that it works",
    { ...claim({ step: "analyzing codebase" }), streams: [stream("t", active(0))] },
    { message: "analyzing codebase" },
  ],
  ["what it claims to do", claim({ step: "analyzing codebase" }), { message: "analyzing codebase" }],
  [
    "when it was active, where nothing says what it does",
    { streams: [stream("t", active(minute))] },
    { message: "active 1m ago" },
  ],
  [
    "the trouble and not the step",
    { ...claim({ step: "analyzing codebase" }), streams: [stream("t", active(hour / 2))] },
    { message: "no activity for 30m" },
  ],
  [
    "since when it is stuck by silence",
    { streams: [stream("t", active(20 * minute))] },
    { since: ago(5 * minute), idle_s: 1_200 },
  ],
  [
    "when it ended",
    { streams: [stream("t", active(hour), ended(5 * minute))] },
    { since: ago(5 * minute), ended_at: ago(5 * minute), idle_s: null },
  ],
  [
    "when it completed by its claim",
    claim({ status: "completed", completedAt: now - 7 * minute }),
    { ended_at: ago(7 * minute) },
  ],
  ["when its claim of an end was written", claim({ status: "failed" }), { ended_at: ago(minute) }],
  [
    "when it ended by its transcript, whatever the claim says",
    {
      ...claim({ status: "completed", completedAt: now - 7 * minute }),
      streams: [stream("t", ended(9 * minute))],
    },
    { ended_at: ago(9 * minute) },
  ],
  [
    "no end where a process went",
    { ...claim(quiet), process: gone },
    { health: "failed", ended_at: null, since: formatTime(now) },
  ],
  [
    "how long it is idle, in whole seconds",
    { streams: [stream("t", active(90_999))] },
    { idle_s: 90, last_activity_at: ago(90_999) },
  ],
  ["no idle time where nothing happened", claim(), { idle_s: null, last_activity_at: null }],
  [
    "how many tools were called",
    { streams: [stream("t", ...call(minute, "ok"), ...call(0, "failed"))] },
    { tool_calls: 2, tool_failures_in_a_row: 1 },
  ],
  [
    "how many tools were called, by the result",
    { delegations: [sampleDelegation({ result: { toolsUsed: ["read", "edit", "read"] } })] },
    { tool_calls: 3, tool_failures_in_a_row: null },
  ],
  ["no tools of a task without evidence", claim(), { tool_calls: null, last_tool: null, last_error: null }],
  ["no last tool where none was called", { streams: [stream("t", active(0))] }, { last_tool: null }],
  [
    "the tool that runs",
    { streams: [stream("t", ...call(minute, "ok"), openCall(second))] },
    { last_tool: { name: "bash", state: "running", at: ago(second) } },
  ],
  [
    "the tool that succeeded",
    { streams: [stream("t", ...call(minute, "ok"))] },
    { last_tool: { name: "read", state: "ok", at: ago(minute) } },
  ],
  [
    "the tool that was refused",
    { streams: [stream("t", ...call(minute, "neutral"))] },
    { last_tool: { name: "read", state: "neutral", at: ago(minute) } },
  ],
  [
    "the tool that failed, and how",
    { streams: [stream("t", ...call(minute, "failed", { tool: "edit", error: "old_string not found" }))] },
    {
      last_tool: { name: "edit", state: "error", at: ago(minute) },
      last_error: {
        type: "old_string_not_found",
        tool: "edit",
        message: "old_string not found",
        at: ago(minute),
      },
    },
  ],
  [
    "what it waits for",
    { streams: [stream("t", permission)] },
    { waiting_for: { kind: "permission", tool: "bash", text: "npm publish", since: ago(2 * minute) } },
  ],
  [
    "nothing it waits for once its process is gone",
    { streams: [{ ...stream("t", permission), liveness: gone }] },
    { waiting_for: null },
  ],
  [
    "that it waits for the next prompt, and since when",
    { streams: [{ ...stream("t", ended(minute)), isInteractive: true }] },
    {
      health: "waiting",
      waiting_for: { kind: "prompt", tool: null, text: null, since: formatTime(now - minute) },
    },
  ],
  [
    "nothing it waits for where something stronger is said",
    {
      streams: [stream("t", permission)],
      delegations: [sampleDelegation({ result: { status: "failure" } })],
    },
    { health: "failed", waiting_for: null },
  ],
])("tells %s", (_, task, told) => {
  expect(rowOf(task).task).toMatchObject(told);
});
