import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { type History, look, noHistory } from "../../../../src/core/log/history.ts";
import type { TaskReport } from "../../../../src/core/report/report.ts";
import { type Row, toRow } from "../../../../src/core/report/task-row.ts";
import { formatClock, formatTime } from "../../../../src/core/text/time.ts";
import { assess } from "../../../../src/core/verdict/health.ts";
import { hour, minute, now, second } from "../../../support/sample-clock.ts";
import { active, asked, call, ended, openCall } from "../../../support/sample-events.ts";
import { gone, sampleStream } from "../../../support/sample-stream.ts";
import {
  claim,
  options,
  quiet,
  root,
  sampleDelegation,
  sampleReading,
  sampleStatus,
  sampleTask,
} from "../../../support/sample-task.ts";

type Given = { readonly history?: History; readonly gaps?: readonly { from: number; to: number }[] };

function rowOf(task: Partial<Task>, { history = noHistory, gaps = [] }: Given = {}): Row {
  return toRow(assess(sampleTask(task), now, { ...options, gaps }), {
    now,
    history,
    experience: new Map(),
    relativePath: (path) => path.replace(`${root}/`, ""),
    pastedPath: (path) => path,
  });
}

const stream = (key: string, ...events: readonly AgentEvent[]) => sampleStream(key, { events });
const ago = (agoMs: number) => formatTime(now - agoMs);
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

describe("the children of a row", () => {
  const child = (id: string, endedAt: number | null): AgentEvent[] => [
    { type: "child_started", at: now - hour, childId: id, kind: "shell", title: "build" },
    ...(endedAt === null
      ? []
      : [{ type: "child_ended", at: endedAt, childId: id, outcome: "success" } as const]),
  ];
  const session = (given: Parameters<typeof sampleStream>[1]) =>
    sampleStream("c", { parentKey: "t", title: "Search", ...given });

  it("are the sessions and shells it launched, each with its state", () => {
    const { children } = rowOf({
      streams: [stream("t", ...child("open", null), ...child("over", now), active(0))],
      children: [
        session({ identity: { taskId: "bg_2", sessionId: "s" }, events: [active(0)] }),
        session({ identity: { sessionId: "s2" }, events: [ended(0)] }),
      ],
    }).task;

    expect(children).toEqual([
      { id: "bg_2", title: "Search", kind: "agent", state: "running" },
      { id: "s2", title: "Search", kind: "agent", state: "ended" },
      { id: "open", title: "build", kind: "shell", state: "running" },
      { id: "over", title: "build", kind: "shell", state: "ended" },
    ]);
  });

  it("are told once, by their own session where there is one", () => {
    const { children } = rowOf({
      streams: [stream("t", ...child("s", null), active(0))],
      children: [session({ identity: { sessionId: "s" }, events: [active(0)] })],
    }).task;

    expect(children).toEqual([{ id: "s", title: "Search", kind: "agent", state: "running" }]);
  });
});

describe("the details of a row", () => {
  const detailsOf = (task: Partial<Task>, given: Given = {}) => rowOf(task, given).task.details;
  const night = { from: now - 10 * hour, to: now - 20 * minute };

  it("say that a gap is not counted as idle", () => {
    const task = { streams: [stream("t", active(11 * hour))] };

    expect(detailsOf(task, { gaps: [night] })).toContain(
      `last activity ${formatClock(now - 11 * hour)}; the 9h40m monitoring gap is not counted as idle`,
    );
  });

  it("add up the gaps since the last activity", () => {
    const gaps = [
      { from: now - 30 * hour, to: now - 20 * hour },
      { from: now - 3 * hour, to: now - 2 * hour },
      { from: now - hour, to: now - 30 * minute },
    ];

    expect(detailsOf({ streams: [stream("t", active(4 * hour))] }, { gaps }).join()).toContain(
      "the 1h30m monitoring gap",
    );
  });

  it.each([
    ["before the last activity", [{ from: now - 3 * hour, to: now - minute }], active(minute)],
    ["where nothing happened", [night], null],
    ["where there is none", [], active(minute)],
  ])("do not speak of a gap %s", (_, gaps, event) => {
    const task = { ...claim(), streams: event === null ? [] : [stream("t", event)] };

    expect(detailsOf(task, { gaps }).join()).not.toContain("gap");
  });

  it("put what is claimed and what was seen of a dead process in one line", () => {
    const task = { ...claim(quiet), process: gone, streams: [stream("t", active(27 * minute))] };

    expect(detailsOf(task)).toEqual([
      `status.json still says "running"; pid 7 ended; last write ${formatClock(now - 27 * minute)} (27m)`,
    ]);
  });

  it("say each thing once", () => {
    const notes = ["its log is torn", "its log is torn"];

    expect(detailsOf({ streams: [{ ...stream("t", active(0)), notes }] })).toEqual(["its log is torn"]);
  });

  it("name what is odd about the status file", () => {
    const problem = (code: "duplicate_id" | "implausible_time") => ({
      code,
      path: ".worktrees/a/status.json",
      line: null,
      column: null,
      message: `is a ${code}`,
    });
    const status = {
      ...sampleReading("a"),
      status: sampleStatus(),
      problems: [problem("duplicate_id"), problem("implausible_time")],
    };

    expect(detailsOf({ status, streams: [stream("t", active(0))] })).toEqual([
      ".worktrees/a/status.json: is a duplicate_id",
      ".worktrees/a/status.json: is a implausible_time",
    ]);
  });
});

describe("a row after earlier looks", () => {
  const recorded = (
    health: "stuck" | "struggling" | "failed" | "healthy",
    intervalMs: number | null = null,
  ): History => ({
    ...noHistory,
    intervalMs,
    tasks: new Map([["bg_1", look(null, health, "x", now - 4 * minute)]]),
  });
  const silent = { streams: [stream("t", active(20 * minute))] };
  const failedClaim = claim({ status: "failed" });

  it.each<[string, Partial<Task>, History, boolean]>([
    ["trouble at the first look", silent, noHistory, false],
    ["trouble at the second look", silent, recorded("stuck"), true],
    ["trouble after another trouble", silent, recorded("struggling"), true],
    ["trouble that is new", silent, recorded("healthy"), false],
    ["a failure by a claim at the first look", failedClaim, noHistory, false],
    ["a failure by a claim at the second look", failedClaim, recorded("failed"), true],
    ["a failure that was observed", { streams: [stream("t", ended(0, "failure"))] }, noHistory, true],
    ["a completion", claim({ status: "completed" }), noHistory, true],
    ["a stop", { streams: [stream("t", ended(0, "cancelled"))] }, noHistory, true],
  ])("confirms or not: %s", (_, task, history, isConfirmed) => {
    expect(rowOf(task, { history }).task.confirmed).toBe(isConfirmed);
  });

  it("is told since when trouble was first seen", () => {
    const failing = { streams: [stream("t", ...[3, 2, 1].flatMap((n) => call(n * minute, "failed")))] };
    const history = {
      ...noHistory,
      tasks: new Map([["bg_1", look(null, "struggling", "x", now - 8 * minute)]]),
    };

    expect(rowOf(failing, { history }).task.since).toBe(ago(8 * minute));
  });

  it.each([
    [4 * minute, 240],
    [10 * minute, 8 * 60],
    [null, 8 * 60],
  ])("counts a missed run's time only where nobody had to look: every %j ms", (intervalMs, seconds) => {
    const history = {
      ...recorded("healthy", intervalMs),
      tasks: new Map([["bg_1", look(null, "healthy", "x", now - 8 * minute)]]),
    };

    expect(rowOf(silent, { history }).history.seconds).toEqual({ healthy: seconds });
  });

  it.each([
    ["its id", { id: "bg_7" }, "bg_7"],
    ["its worktree", { id: null, ...claim() }, ".worktrees/a"],
    ["its key", { id: null, key: "ses_1" }, "ses_1"],
  ])("is known by %s", (_, task, subject) => {
    expect(rowOf(task).subject).toBe(subject);
  });
});
