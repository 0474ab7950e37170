import { describe, expect, it } from "vitest";
import { type Joined, joinTasks } from "../../../../src/core/join/task.ts";
import { join } from "../../../support/joined.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { call } from "../../../support/sample-events.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { root, sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

/** What belongs together, a line a task: `bg_1: status a, req-1, s1`. */
function shown({ tasks, unattributed }: Joined): string[] {
  const lines = tasks.map(({ key, status, delegations, streams, attempts, children }) =>
    [
      `${key}:`,
      ...(status === null ? [] : [`status ${status.worktree.split("/").at(-1)}`]),
      ...delegations.map(({ requestId }) => requestId),
      ...streams.map((stream) => stream.key),
      ...attempts.map((stream) => `(${stream.key})`),
      ...children.map((stream) => `> ${stream.key}`),
    ].join(" "),
  );
  return [...lines, ...unattributed.map((stream) => `none: ${stream.key}`)].sort();
}

const log = { source: "agent_logs" } as const;

describe("joinTasks", () => {
  it.each([
    [
      "by task id",
      {
        readings: [sampleReading("a", { taskId: "bg_1" })],
        delegations: [sampleDelegation({ taskId: "bg_1" })],
        streams: [sampleStream("s1", { identity: { taskId: "bg_1" }, role: "task" })],
      },
      ["bg_1: status a req-1 s1"],
    ],
    [
      "by request id",
      {
        readings: [sampleReading("a", { requestId: "req-1" })],
        delegations: [sampleDelegation()],
        streams: [sampleStream("s1", { identity: { requestId: "req-1" } })],
      },
      [`${root}/.worktrees/a: status a req-1 s1`],
    ],
    [
      "by session id",
      {
        readings: [sampleReading("a", { sessionId: "ses" })],
        streams: [sampleStream("s1", { identity: { sessionId: "ses" } })],
      },
      [`${root}/.worktrees/a: status a s1`],
    ],
    [
      "by worktree",
      {
        readings: [sampleReading("a")],
        delegations: [sampleDelegation({ worktree: "a" })],
        streams: [sampleStream("s1", { identity: { worktree: `${root}/.worktrees/a` } })],
      },
      [`${root}/.worktrees/a: status a req-1 s1`],
    ],
    [
      "along a chain of different keys",
      {
        readings: [sampleReading("a", { taskId: "bg_1" })],
        delegations: [sampleDelegation({ taskId: "bg_1", sessionId: "ses" })],
        streams: [sampleStream("s1", { identity: { sessionId: "ses" } })],
      },
      ["bg_1: status a req-1 s1"],
    ],
  ])("joins %s", (_, found, expected) => {
    expect(shown(join(found))).toEqual(expected);
  });

  it.each([
    [
      "the worktree",
      [
        sampleStream("s1", { identity: { taskId: "bg_1", worktree: "/w" }, role: "task" }),
        sampleStream("s2", { identity: { taskId: "bg_2", worktree: "/w" }, role: "task" }),
      ],
      ["bg_1: s1", "bg_2: s2"],
    ],
    [
      "the session",
      [
        sampleStream("s1", { identity: { taskId: "bg_1", sessionId: "ses" }, role: "task" }),
        sampleStream("s2", { identity: { taskId: "bg_2", sessionId: "ses" }, role: "task" }),
      ],
      ["bg_1: s1", "bg_2: s2"],
    ],
  ])("never merges two task ids, whatever they share: %s", (_, streams, expected) => {
    expect(shown(join({ streams }))).toEqual(expected);
  });

  it("does not let nameless evidence bridge two task ids", () => {
    const found = join({
      readings: [
        sampleReading("a", { taskId: "bg_1", sessionId: "ses" }),
        sampleReading("b", { taskId: "bg_2" }),
      ],
      streams: [sampleStream("s1", { identity: { sessionId: "ses", worktree: `${root}/.worktrees/b` } })],
    });
    expect(shown(found)).toEqual(["bg_1: status a s1", "bg_2: status b"]);
  });

  it("keeps two status files two tasks, also when they share an id", () => {
    const found = join({
      readings: [sampleReading("a", { taskId: "bg_1" }), sampleReading("b", { taskId: "bg_1" })],
    });
    expect(found.tasks).toHaveLength(2);
  });

  it("keeps what joins nothing visible", () => {
    const found = join({
      readings: [sampleReading("a")],
      delegations: [sampleDelegation({ requestId: "req-9" })],
      streams: [
        sampleStream("own", { identity: { taskId: "bg_5" }, role: "task" }),
        sampleStream("stray", { identity: { sessionId: "elsewhere" } }),
      ],
    });
    expect(shown(found)).toEqual([
      `${root}/.worktrees/a: status a`,
      "bg_5: own",
      "none: stray",
      "req-9: req-9",
    ]);
  });

  it("makes a task of a result without a request", () => {
    const found = join({ delegations: [sampleDelegation({ request: null, result: {} })] });
    expect(shown(found)).toEqual(["req-1: req-1"]);
  });

  it("puts the newest delegation of a task first", () => {
    const found = join({
      delegations: [
        sampleDelegation({ requestId: "old", taskId: "bg_1", request: { at: now - 3 * hour } }),
        sampleDelegation({ requestId: "new", taskId: "bg_1", request: { at: now - hour } }),
      ],
    });
    expect(shown(found)).toEqual(["bg_1: new old"]);
  });

  it("does not take many delegations of one parent session for one task", () => {
    const found = join({
      delegations: ["r1", "r2", "r3"].map((requestId) =>
        sampleDelegation({ requestId, sessionId: "parent" }),
      ),
    });
    expect(shown(found)).toEqual(["r1: r1", "r2: r2", "r3: r3"]);
  });

  describe("a challenge that names only an agent", () => {
    const challenge = sampleStream("challenge", {
      ...log,
      agentName: "explore",
      events: call(minute, "failed"),
    });

    it.each([
      ["a claim", { readings: [sampleReading("a", { taskId: "bg_1", agent: "explore" })] }],
      ["a claim's kind", { readings: [sampleReading("a", { taskId: "bg_1", subagentType: "explore" })] }],
      ["a delegation", { delegations: [sampleDelegation({ taskId: "bg_1" })] }],
    ])("belongs to the only open task that has it by %s", (_, found) => {
      expect(join({ ...found, streams: [challenge] })).toMatchObject({
        tasks: [{ id: "bg_1", streams: [{ key: "challenge" }] }],
        unattributed: [],
      });
    });

    it.each([
      ["nobody has the agent", [sampleReading("a", { agent: "writer" })]],
      [
        "two open tasks have it",
        [sampleReading("a", { agent: "explore" }), sampleReading("b", { agent: "explore" })],
      ],
      ["the one that has it ended", [sampleReading("a", { agent: "explore", status: "completed" })]],
    ])("is unattributed when %s", (_, readings) => {
      const found = join({ readings, streams: [challenge] });
      expect(found.unattributed).toEqual([challenge]);
      expect(found.tasks).toHaveLength(readings.length);
    });

    it("belongs to the open one of two tasks", () => {
      const found = join({
        readings: [
          sampleReading("a", { agent: "explore", status: "failed" }),
          sampleReading("b", { agent: "explore" }),
        ],
        streams: [challenge],
      });
      expect(shown(found)).toEqual([
        `${root}/.worktrees/a: status a`,
        `${root}/.worktrees/b: status b challenge`,
      ]);
    });
  });

  it("calls only the newest transcript of a worktree current", () => {
    const worktree = `${root}/.worktrees/a`;
    const found = join({
      readings: [sampleReading("a")],
      streams: [
        sampleStream("old", { identity: { sessionId: "1", worktree }, events: call(hour, "ok") }),
        sampleStream("new", { identity: { sessionId: "2", worktree }, events: call(minute, "ok") }),
        sampleStream("log", { ...log, identity: { worktree }, events: call(2 * minute, "ok") }),
      ],
    });
    expect(shown(found)).toEqual([`${worktree}: status a new log (old)`]);
  });

  it("hangs what a stream launched below it, at any depth", () => {
    const found = join({
      streams: [
        sampleStream("top", { identity: { taskId: "bg_1" }, role: "task" }),
        sampleStream("child", { parentKey: "top" }),
        sampleStream("grandchild", { parentKey: "child" }),
      ],
    });
    expect(shown(found)).toEqual(["bg_1: top > child > grandchild"]);
  });

  it("makes a task of a launched stream with an id of its own, and names its parent", () => {
    const found = join({
      streams: [
        sampleStream("top", { identity: { taskId: "bg_1" }, role: "task" }),
        sampleStream("child", { identity: { taskId: "bg_2" }, role: "task", parentKey: "top" }),
      ],
    });
    expect(found.tasks.map(({ id, parentKey }) => [id, parentKey])).toEqual([
      ["bg_1", null],
      ["bg_2", "top"],
    ]);
  });

  it("names work that was launched in a worktree by its session, and its root session by the worktree", () => {
    const inside = (sessionId: string) => ({ sessionId, worktree: "/srv/demo/.worktrees/w1" });
    const found = join({
      streams: [
        sampleStream("top", { identity: inside("ses_top"), role: "task" }),
        sampleStream("one", { identity: inside("ses_one"), role: "task", parentKey: "top" }),
      ],
    });
    expect(found.tasks.map(({ id, key }) => [id, key])).toEqual([
      [null, "/srv/demo/.worktrees/w1"],
      ["ses_one", "ses_one"],
    ]);
  });

  it("ends where parents go round in a circle", () => {
    const found = join({
      streams: [
        sampleStream("top", { identity: { taskId: "bg_1" }, role: "task" }),
        sampleStream("x", { parentKey: "y" }),
        sampleStream("y", { parentKey: "x" }),
        sampleStream("self", { parentKey: "self", role: "task", identity: { taskId: "bg_2" } }),
      ],
    });
    expect(shown(found)).toEqual(["bg_1: top", "bg_2: self"]);
  });

  it("gives a task the process that its status file names", () => {
    const process = { state: "gone", pid: 7, says: "pid 7 does not exist" } as const;
    const { tasks } = joinTasks({
      readings: [sampleReading("a"), sampleReading("b")],
      delegations: [],
      streams: [],
      processes: new Map([[".worktrees/b/status.json", process]]),
      resolveWorktree: () => null,
    });
    expect(tasks.map((task) => task.process)).toEqual([null, process]);
  });
});
