import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { type History, look, noHistory } from "../../../../src/core/log/history.ts";
import { formatClock } from "../../../../src/core/text/time.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active, call, ended } from "../../../support/sample-events.ts";
import { ago, type GivenRow, rowOf } from "../../../support/sample-row.ts";
import { gone, sampleStream, stream } from "../../../support/sample-stream.ts";
import { claim, quiet, sampleReading, sampleStatus } from "../../../support/sample-task.ts";

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

  it("count one task once, whether its parent names its session or, in a queue, only the task", () => {
    const { children, message } = rowOf({
      streams: [stream("t", ...child("ses_s", null), ...child("bg_2", null), ended(minute))],
      children: [
        session({ identity: { sessionId: "ses_s", taskId: "bg_1" }, title: "Search", events: [active(0)] }),
        session({ identity: { taskId: "bg_2" }, title: "List", events: [active(0)] }),
      ],
    }).task;
    expect(children.map(({ id }) => id)).toEqual(["bg_1", "bg_2"]);
    expect(message).toBe("waits for build and 1 more");
  });
});

describe("the details of a row", () => {
  const detailsOf = (task: Partial<Task>, given: GivenRow = {}) => rowOf(task, given).task.details;
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

it.each([
  ["running", ['status.json tells an error: "quota"']],
  ["completed", ['status.json tells an error: "quota"']],
  ["failed", ['"quota"']],
  ["waiting", ['"quota"']],
] as const)("a row tells the error of a status file that says %s, once", (status, details) => {
  expect(
    rowOf(claim({ status, error: "quota" })).task.details.filter((line) => line.includes("quota")),
  ).toEqual(details);
});
