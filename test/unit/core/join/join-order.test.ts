import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import type { Found } from "../../../../src/core/join/task.ts";
import { join, taskOf } from "../../../support/joined.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active, ended } from "../../../support/sample-events.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { root, sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

const worktree = `${root}/.worktrees/a`;

const keysOf = (streams: readonly Stream[] | undefined) => streams?.map(({ key }) => key);
const session = (key: string, agoMs: number, more: readonly AgentEvent[] = []) =>
  sampleStream(key, { identity: { sessionId: key, worktree }, events: [active(agoMs), ...more] });

describe("the streams of a task", () => {
  const streams = [
    sampleStream("files", { source: "worktree_files", identity: { worktree }, events: [active(0)] }),
    sampleStream("log", { source: "agent_logs", identity: { worktree }, events: [active(minute)] }),
    session("transcript", hour),
  ];

  it.each([
    ["as they come", streams],
    ["the other way round", [...streams].reverse()],
    ["the log first", [streams[1], streams[2], streams[0]].filter((stream) => stream !== undefined)],
  ])("put the most telling first, %s", (_, given) => {
    const task = taskOf({ readings: [sampleReading("a")], streams: given }, null);
    expect(keysOf(task?.streams)).toEqual(["transcript", "log", "files"]);
  });

  it.each([
    ["the newer session first", [session("old", hour), session("new", minute)], ["new"], ["old"]],
    [
      "the newer session first, the other way round",
      [session("new", minute), session("old", hour)],
      ["new"],
      ["old"],
    ],
    ["of two equally new ones the first by name", [session("b", minute), session("a", minute)], ["a"], ["b"]],
    [
      "the session in which something happened",
      [sampleStream("e", { identity: { worktree } }), session("s", hour)],
      ["s"],
      ["e"],
    ],
  ])("put %s", (_, given, own, attempts) => {
    const task = taskOf({ readings: [sampleReading("a")], streams: given }, null);
    expect([keysOf(task?.streams), keysOf(task?.attempts)]).toEqual([own, attempts]);
  });

  it("keep every file of one session", () => {
    const part = (key: string, agoMs: number) =>
      sampleStream(key, { identity: { sessionId: "s", worktree }, events: [active(agoMs)] });
    const task = taskOf(
      { readings: [sampleReading("a")], streams: [part("p1", hour), part("p2", minute)] },
      null,
    );
    expect([keysOf(task?.streams), task?.attempts]).toEqual([["p2", "p1"], []]);
  });

  it.each([
    ["the one it names, while that is open", [session("named", hour), session("new", minute)], "named"],
    [
      "the newer one, once the named one ended",
      [session("named", hour, [ended(0)]), session("new", -1)],
      "new",
    ],
    ["the newer one, where no session has that name", [session("old", hour), session("new", minute)], "new"],
  ])("have for the current one %s", (_, given, key) => {
    const readings = [sampleReading("a", { sessionId: "named" })];
    expect(taskOf({ readings, streams: given }, null)?.streams[0]?.key).toBe(key);
  });

  it("have for the current one what the newest delegation names", () => {
    const delegations = [
      sampleDelegation({
        requestId: "r1",
        taskId: "bg_1",
        sessionId: "old",
        worktree: "a",
        request: { at: now - 3 * hour },
      }),
      sampleDelegation({
        requestId: "r2",
        taskId: "bg_1",
        sessionId: "named",
        worktree: "a",
        request: { at: now - hour },
      }),
    ];
    const streams = [session("old", 2 * minute), session("named", hour), session("new", minute)];
    expect(taskOf({ delegations, streams })?.streams[0]?.key).toBe("named");
  });

  it("do not put a log first for the session's name that it carries", () => {
    const log = sampleStream("log", {
      source: "agent_logs",
      identity: { sessionId: "named", worktree },
      events: [active(0)],
    });
    const given = {
      readings: [sampleReading("a", { sessionId: "named" })],
      streams: [log, session("other", hour)],
    };
    expect(keysOf(taskOf(given, null)?.streams)).toEqual(["other", "log"]);
  });
});

describe("what shares a worktree", () => {
  const delegation = (requestId: string, taskId: string | null, agoMs: number, ended?: number) =>
    sampleDelegation({
      requestId,
      taskId,
      worktree: "a",
      request: { at: now - agoMs },
      result: ended === undefined ? null : { at: now - ended },
    });
  const old = delegation("r1", "bg_1", 3 * hour);
  const young = delegation("r2", "bg_2", hour);

  it.each([
    ["the older named first", [old, young]],
    ["the newer named first", [young, old]],
  ])("goes to its newest delegation, %s", (_, delegations) => {
    const { tasks } = join({ readings: [sampleReading("a")], delegations });
    expect(tasks.map(({ id, status }) => [id, status !== null]).sort()).toEqual([
      ["bg_1", false],
      ["bg_2", true],
    ]);
  });

  it("goes to the delegation that was last heard of, not the last one asked for", () => {
    const delegations = [delegation("r1", "bg_1", 3 * hour, minute), young];
    const { tasks } = join({ readings: [sampleReading("a")], delegations });
    expect(tasks.find(({ status }) => status !== null)?.id).toBe("bg_1");
  });

  it("goes to what has an id before a newer delegation without one", () => {
    const nameless = delegation("r3", null, minute);
    const { tasks } = join({ readings: [sampleReading("a")], delegations: [nameless, old] });
    expect(tasks).toMatchObject([{ id: "bg_1", delegations: [{ requestId: "r3" }, { requestId: "r1" }] }]);
  });

  it("is nobody's worktree where the delegation's cannot be found", () => {
    const lost = sampleDelegation({ worktree: "nowhere" });
    expect(join({ readings: [sampleReading("a")], delegations: [lost] }).tasks).toHaveLength(2);
  });

  it("leaves a background task that was launched there a task of its own", () => {
    const launched = sampleStream("c", { parentKey: "t", role: "task", identity: { worktree } });
    expect(join({ readings: [sampleReading("a")], streams: [launched] }).tasks).toHaveLength(2);
  });
});

describe("the delegations of a task", () => {
  const asked = (requestId: string, agoMs: number | null, result?: number) =>
    sampleDelegation({
      requestId,
      taskId: "bg_1",
      request: { at: agoMs === null ? null : now - agoMs },
      result: result === undefined ? null : { at: now - result },
    });

  it.each([
    ["the one asked for last first", [asked("r2", 2 * hour, minute), asked("r1", hour)], ["r1", "r2"]],
    ["of two at once the first by name", [asked("r2", hour), asked("r1", hour)], ["r1", "r2"]],
    ["the one without a time last", [asked("r1", null), asked("r2", hour)], ["r2", "r1"]],
  ])("put %s", (_, delegations, order) => {
    expect(taskOf({ delegations })?.delegations.map(({ requestId }) => requestId)).toEqual(order);
  });

  it("share a session with their task only where it is one delegation's", () => {
    const [one, two] = ["r1", "r2"].map((requestId) => sampleDelegation({ requestId, sessionId: "s" }));
    const streams = [sampleStream("s", { role: "task", identity: { sessionId: "s" } })];
    const count = (delegations: readonly (typeof one)[]) =>
      join({ delegations: delegations.filter((each) => each !== undefined), streams }).tasks.length;
    expect([count([one]), count([one, two])]).toEqual([1, 3]);
  });
});

describe("a task is known by", () => {
  it.each<[string, Partial<Found>, string]>([
    ["its id", { readings: [sampleReading("a", { taskId: "bg_1" })] }, "bg_1"],
    [
      "its status file's worktree",
      { readings: [sampleReading("a")], delegations: [sampleDelegation({ worktree: "a" })] },
      worktree,
    ],
    [
      "its session's worktree",
      { streams: [sampleStream("k", { role: "task", identity: { worktree: "/w", requestId: "r" } })] },
      "/w",
    ],
    ["its request", { delegations: [sampleDelegation({ sessionId: "s" })] }, "req-1"],
    ["its session", { streams: [sampleStream("k", { role: "task", identity: { sessionId: "s" } })] }, "s"],
    ["the key of its stream", { streams: [sampleStream("k", { role: "task" })] }, "k"],
  ])("%s", (_, found, key) => {
    expect(join(found).tasks.map((task) => task.key)).toEqual([key]);
  });
});

describe("what a stream launched", () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, index) =>
      sampleStream(`c${index + 1}`, { parentKey: index === 0 ? "top" : `c${index}` }),
    );
  const top = sampleStream("top", { role: "task", identity: { taskId: "bg_1" } });

  it("hangs below it down to 16 steps", () => {
    const children = taskOf({ streams: [top, ...chain(17)] })?.children;
    expect(children?.length).toBe(16);
  });

  it("does not hang below a stranger", () => {
    expect(taskOf({ streams: [top, sampleStream("c", { parentKey: "elsewhere" })] })?.children).toEqual([]);
  });

  it("names the parent that any of its streams knows", () => {
    const identity = { taskId: "bg_2" };
    const session = sampleStream("s", { role: "task", identity });
    const log = sampleStream("log", { role: "task", source: "agent_logs", parentKey: "top", identity });
    expect(taskOf({ streams: [top, log, session] }, "bg_2")?.parentKey).toBe("top");
  });

  it("names the parent only of another task", () => {
    const part = sampleStream("part", { role: "task", parentKey: "top", identity: { taskId: "bg_1" } });
    const other = sampleStream("other", { role: "task", parentKey: "top", identity: { taskId: "bg_2" } });
    const found = { streams: [top, part, other] };
    expect([taskOf(found)?.parentKey, taskOf(found, "bg_2")?.parentKey]).toEqual([null, "top"]);
  });
});
