import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../src/core/agent-event.ts";
import { backgroundShell } from "../../src/core/stream.ts";
import { type Found, joinTasks, type Task } from "../../src/core/task.ts";
import { hour, minute, now, second } from "./sample-clock.ts";
import { active, call, ended, failures, message, openCall } from "./sample-events.ts";
import { alive, gone, log, sampleStream } from "./sample-stream.ts";
import { assessNow, claim, root, sampleDelegation, sampleReading } from "./sample-task.ts";

const session = { sessionId: "s" };
const transcript = (...events: readonly AgentEvent[]) =>
  sampleStream("t", { identity: session, role: "task", events });
const launched = (...events: readonly AgentEvent[]) => sampleStream("l", { identity: session, events });
const codeOf = (task: Partial<Task>) => assessNow(task).verdict.finding.code;

describe("a launcher's log of a session that a person went on with", () => {
  it.each([
    ["is no end of its work", "failure", [message(2 * minute), active(minute)], "recent_activity"],
    ["is no failure of it", "failure", [message(2 * minute), ended(minute)], "turn_over"],
    ["is its end where nobody did", "failure", [message(hour), ended(31 * minute)], "turn_failed"],
  ] as const)("%s", (_, outcome, events, code) => {
    const streams = [transcript(...events), launched(active(hour), ended(30 * minute, outcome))];
    expect(codeOf({ streams })).toBe(code);
  });
});

describe("a claim that it ended", () => {
  const completed = claim({ status: "completed", completedAt: now - 20 * minute });
  const requested = (agoMs: number) => [sampleDelegation({ request: { at: now - agoMs } })];

  it.each([
    ["yields to a request that came after it", 10 * minute, "recent_activity"],
    ["stands against a request that came before it", 30 * minute, "reported_completed"],
  ])("%s", (_, agoMs, code) => {
    const streams = [log(...call(minute, "ok"))];
    expect(codeOf({ ...completed, delegations: requested(agoMs), streams })).toBe(code);
  });
});

describe("a clock that runs ahead", () => {
  it.each([
    ["by one record does not hide the others", call(minute, "ok"), "recent_activity"],
    ["does not keep a silent task alive", call(hour, "ok"), "no_activity"],
  ])("%s", (_, events, code) => {
    expect(codeOf({ streams: [log(...events, active(-2 * minute))] })).toBe(code);
  });

  it("in every record leaves nothing to go by", () => {
    expect(codeOf({ streams: [log(active(-2 * minute))] })).toBe("no_evidence");
  });
});

describe("failures in a row", () => {
  const attempt = claim({ createdAt: now - 10 * minute });
  const earlier = [...call(hour, "failed"), ...call(50 * minute, "failed")];

  it.each([
    ["of an earlier attempt do not count", [...earlier, ...call(minute, "failed")], "recent_activity"],
    ["of this attempt count", [...earlier, ...failures(3)], "tool_failures"],
  ])("%s", (_, events, code) => {
    expect(codeOf({ ...attempt, streams: [log(...events)] })).toBe(code);
  });

  it("go on after a success in another log, as many as came since", () => {
    const streams = [
      log(...call(10 * minute, "failed"), ...failures(3)),
      transcript(...call(9 * minute, "ok")),
    ];
    expect(assessNow({ streams }).verdict.finding).toMatchObject({ code: "tool_failures", count: 3 });
  });
});

describe("silence", () => {
  it("is measured by the time limit of a sub-agent's call", () => {
    const child = (limitMs: number) =>
      sampleStream("c", { parentKey: "t", events: [openCall(40 * minute, limitMs)] });
    const task = { streams: [transcript(openCall(41 * minute))] };
    expect(codeOf({ ...task, children: [child(hour)] })).not.toBe("no_activity");
    expect(codeOf({ ...task, children: [child(minute)] })).toBe("no_activity");
  });

  it("is none where only a shell of a living session is left", () => {
    const stream = { ...transcript(ended(2 * hour)), isInteractive: true, liveness: alive };
    expect(codeOf({ streams: [{ ...stream, busyWith: backgroundShell }] })).toBe("child_running");
    expect(codeOf({ streams: [{ ...stream, busyWith: "background work" }] })).toBe("no_activity");
  });
});

describe("the session that a claim names", () => {
  const worktree = `${root}/.worktrees/a`;
  const sessionOf = (key: string, agoMs: number, liveness: typeof alive | null) =>
    sampleStream(key, {
      role: "task",
      identity: { sessionId: key, worktree },
      events: [active(agoMs)],
      liveness,
    });
  const currentOf = (...streams: Found["streams"]) =>
    joinTasks({
      readings: [sampleReading("a", { sessionId: "named" })],
      delegations: [],
      streams,
      processes: new Map(),
      resolveWorktree: () => null,
    }).tasks[0]?.streams[0]?.key;

  it.each([
    ["counts though a newer one was opened", alive, alive, "named"],
    ["counts though it is dead, where nothing is known of the newer one", gone, null, "named"],
    ["yields to a newer one that lives once it is dead", gone, alive, "newer"],
  ])("%s", (_, named, newer, expected) => {
    expect(currentOf(sessionOf("named", minute, named), sessionOf("newer", second, newer))).toBe(expected);
  });
});

it("gives a challenge to the only open task of its agent, though that one had an earlier delegation", () => {
  const challenge = sampleStream("challenge", {
    source: "agent_logs",
    agentName: "explore",
    events: [active(minute)],
  });
  const delegations = [
    sampleDelegation({ requestId: "r1", taskId: "bg_1", request: { at: now - 2 * hour }, result: {} }),
    sampleDelegation({ requestId: "r2", taskId: "bg_1" }),
  ];
  const found = { readings: [], delegations, streams: [challenge], processes: new Map() };
  const { tasks } = joinTasks({ ...found, resolveWorktree: () => null });
  expect(tasks.map(({ streams }) => streams.map(({ key }) => key))).toEqual([["challenge"]]);
});
