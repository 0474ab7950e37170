import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { type Found, joinTasks, type Task } from "../../../../src/core/join/task.ts";
import { evidenceOf } from "../../../../src/core/report/evidence-rows.ts";
import { assess } from "../../../../src/core/verdict/health.ts";
import { hour, minute, now, second } from "../../../support/sample-clock.ts";
import { active, call, ended, failures, message, openCall } from "../../../support/sample-events.ts";
import { alive, gone, log, sampleStream } from "../../../support/sample-stream.ts";
import {
  assessNow,
  claim,
  options,
  root,
  sampleDelegation,
  sampleReading,
  sampleTask,
} from "../../../support/sample-task.ts";

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
    ["yields to a request that came after it", 10 * minute, minute, "recent_activity"],
    ["stands against a request that came before it", 30 * minute, 25 * minute, "reported_completed"],
    ["yields to calls that go on after it", 30 * minute, minute, "recent_activity"],
    ["stands when the calls after it have ended", 30 * minute, 16 * minute, "reported_completed"],
  ])("%s", (_, agoMs, callAgoMs, code) => {
    const streams = [log(...call(callAgoMs, "ok"))];
    expect(codeOf({ ...completed, delegations: requested(agoMs), streams })).toBe(code);
  });
});

it("a claim that it ended stands against later calls where its process is gone", () => {
  const completed = claim({ status: "completed", updatedAt: now - 20 * minute });
  const later = { process: gone, streams: [log(...call(5 * minute, "ok"))] };
  expect(codeOf({ ...completed, ...later })).toBe("reported_completed");
});

describe("a clock that runs ahead", () => {
  it.each([
    ["by one record does not hide the others", call(minute, "ok"), "recent_activity"],
    ["does not keep a silent task alive", call(hour, "ok"), "log_ends"],
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

describe("an attempt", () => {
  const attempt = claim({ createdAt: now - 10 * minute });
  const equalCalls = Array.from({ length: 9 }, (_, index) => [
    {
      type: "call_started",
      at: now - 2 * hour,
      callId: `e${index}`,
      tool: "bash",
      input: { raw: {} },
    } as const,
    {
      type: "call_ended",
      at: now - 2 * hour,
      callId: `e${index}`,
      outcome: "ok",
      output: { raw: "" },
      error: null,
    } as const,
  ]).flat();

  it("is not stuck in what an earlier one did", () => {
    expect(codeOf({ streams: [log(...equalCalls, ...call(minute, "ok"))] })).toBe("recent_activity");
    expect(codeOf({ streams: [log(...equalCalls)] })).not.toBe("recent_activity");
    expect(codeOf({ ...attempt, streams: [log(...equalCalls, ...call(minute, "ok"))] })).toBe(
      "recent_activity",
    );
  });

  it("does not wait for a call of an earlier one", () => {
    const { facts } = assessNow({ ...attempt, streams: [log(openCall(hour), ...call(minute, "ok"))] });
    expect([facts.openCall, facts.activity?.failures.count]).toEqual([null, 0]);
  });

  it("ends with the result of its request, whatever the clock of its writer says", () => {
    const delegations = [
      sampleDelegation({
        request: { at: now - 5 * minute },
        result: { status: "failure", at: now - 9 * minute },
      }),
    ];
    expect(codeOf({ delegations })).toBe("result_failed");
  });
});

describe("a sub-agent", () => {
  const helper = (...events: readonly AgentEvent[]) => sampleStream("c", { parentKey: "t", events });

  it("does not end its parent's failures in a row by a success of its own", () => {
    const task = { streams: [transcript(...failures(4))], children: [helper(...call(second, "ok"))] };
    expect(assessNow(task).verdict.finding).toMatchObject({ code: "tool_failures", count: 4 });
  });
});

describe("the process of a session", () => {
  const missing = { ...gone, pid: null, isInferred: true };

  it.each([
    ["that was only not found is not gone while the claimed one lives", missing, "recent_activity"],
    ["that is known to be gone is gone", gone, "process_gone"],
  ])("%s", (_, liveness, code) => {
    const streams = [{ ...transcript(active(3 * minute)), liveness }];
    expect(codeOf({ ...claim({ pid: 8 }), streams, process: { ...alive, pid: 8 } })).toBe(code);
  });

  it("that was never started is not gone by a boot", () => {
    const { verdict } = assess(
      sampleTask(claim({ status: "created", createdAt: now - hour, updatedAt: now - hour })),
      now,
      { ...options, bootedAt: now - minute },
    );
    expect(verdict.finding.code).toBe("never_started");
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

  it("is none where a living session waits for what says nothing until it is over", () => {
    const stream = { ...transcript(ended(2 * hour)), liveness: alive, busyWith: "a watch" };
    expect(codeOf({ streams: [{ ...stream, mayBeSilent: true }] })).toBe("child_running");
    expect(codeOf({ streams: [stream] })).toBe("no_activity");
    expect(codeOf({ streams: [{ ...stream, mayBeSilent: true, liveness: null }] })).toBe("no_activity");
  });
});

describe("a worktree's sessions", () => {
  const identity = { worktree: `${root}/.worktrees/a` };
  const helper = sampleStream("helper", { identity, events: [active(minute), ended(second)] });
  const main = sampleStream("main", { role: "task", identity, events: [openCall(2 * minute)] });
  const tasksOf = (...streams: Found["streams"]) =>
    joinTasks({ readings: [], delegations: [], streams, processes: new Map(), resolveWorktree: () => null })
      .tasks;

  it("are not followed by a helper's", () => {
    expect(tasksOf(helper, main)[0]?.streams.map(({ key }) => key)).toEqual(["main"]);
  });

  it("keep their launcher's log beside an older session", () => {
    const of = (sessionId: string) => ({ identity: { ...identity, sessionId } });
    const current = sampleStream("current", { ...of("s"), role: "task", events: [active(minute)] });
    const log = sampleStream("its log", { ...of("s"), events: [active(minute)] });
    const older = sampleStream("older", { ...of("o"), role: "task", events: [active(hour), ended(hour)] });
    expect(tasksOf(log, older, current)[0]?.streams.map(({ key }) => key)).toEqual(["current", "its log"]);
  });

  it("are not followed by a newer one that is over while a process works on them", () => {
    const newer = sampleStream("newer", { role: "task", identity, events: [active(minute), ended(second)] });
    expect(tasksOf(newer, { ...main, liveness: alive })[0]?.streams.map(({ key }) => key)).toEqual(["main"]);
  });

  it("are named when they are open and another one counts", () => {
    const newer = sampleStream("newer", { role: "task", identity, events: [active(minute), ended(second)] });
    const [task] = tasksOf(main, newer);
    const rows = evidenceOf(assessNow(task ?? {}), (path) => path);
    expect(rows.map(({ says }) => says)).toContainEqual(
      expect.stringMatching(/^another open session here, not counted: last activity /),
    );
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
