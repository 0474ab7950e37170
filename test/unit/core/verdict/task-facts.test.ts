import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import type { AssessOptions } from "../../../../src/core/verdict/options.ts";
import { gatherFacts, type TaskFacts } from "../../../../src/core/verdict/task-facts.ts";
import { hour, minute, now, second } from "../../../support/sample-clock.ts";
import { active, asked, call, ended, message, openCall, shell } from "../../../support/sample-events.ts";
import { alive, gone, log, sampleStream, unseen } from "../../../support/sample-stream.ts";
import { claim, options, sampleDelegation, sampleTask } from "../../../support/sample-task.ts";

const factsOf = (task: Partial<Task>, given: Partial<AssessOptions> = {}): TaskFacts =>
  gatherFacts(sampleTask(task), now, { ...options, ...given });
const stream = (key: string, ...events: readonly AgentEvent[]) => sampleStream(key, { events });
const files = (...events: readonly AgentEvent[]) => sampleStream("f", { source: "worktree_files", events });
const request = (at: number) => ({ delegations: [sampleDelegation({ request: { at } })] });
const keysOf = (streams: readonly Stream[]) => streams.map(({ key }) => key);

describe("the streams of this attempt", () => {
  const since = (agoMs: number, of: Partial<Task>) =>
    keysOf(factsOf({ ...of, streams: [stream("t", active(agoMs))] }).streams);
  const created = claim({ createdAt: now - 10 * minute });
  const started = claim({ createdAt: now - hour, startedAt: now - 10 * minute });
  const asking = request(now - 10 * minute);

  it.each([
    ["a minute before its creation", 11 * minute, created, ["t"]],
    ["a minute and 1 ms before its creation", 11 * minute + 1, created, []],
    ["a minute before its start", 11 * minute, started, ["t"]],
    ["a minute and 1 ms before its start", 11 * minute + 1, started, []],
    ["a minute before its request", 11 * minute, asking, ["t"]],
    ["a minute and 1 ms before its request", 11 * minute + 1, asking, []],
    ["hours ago, where nothing says when it began", 9 * hour, {}, ["t"]],
  ])("are those that were active %s", (_, agoMs, task, keys) => {
    expect(since(agoMs, task)).toEqual(keys);
  });

  it.each([
    ["a claim", claim()],
    ["nothing", {}],
  ])("are also those in which nothing happened yet, under %s", (_, task) => {
    expect(keysOf(factsOf({ ...task, streams: [stream("t")] }).streams)).toEqual(["t"]);
  });

  it.each([
    ["a log tells of calls", [files(active(0)), log(...call(hour, "ok"))], ["l"]],
    ["a transcript speaks", [files(active(0)), stream("t", active(hour))], ["t"]],
    ["a log tells of none", [log(active(hour)), files(active(0))], ["l", "f"]],
    ["nothing else speaks", [files(active(0))], ["f"]],
  ])("are changed files or not, where %s", (_, streams, keys) => {
    expect(keysOf(factsOf({ streams }).streams)).toEqual(keys);
  });

  it("are also the sub-agents, but not background tasks with a row of their own", () => {
    const children = [
      sampleStream("sub", { role: "evidence", parentKey: "t" }),
      sampleStream("background", { role: "task", parentKey: "t" }),
    ];
    const { streams, current } = factsOf({ streams: [stream("t", active(0))], children });

    expect([keysOf(streams), current?.key]).toEqual([["t", "sub"], "t"]);
  });

  it("leave the terminal records of an earlier attempt behind", () => {
    const result = (at: number) => sampleDelegation({ request: null, result: { at } });
    const count = (at: number) =>
      factsOf({ ...claim({ createdAt: now - 10 * minute }), delegations: [result(at)] }).terminals.length;

    expect([count(now - 11 * minute), count(now - 11 * minute - 1)]).toEqual([1, 0]);
  });
});

describe("the last activity", () => {
  const lastOf = (streams: readonly Stream[]) => {
    const { lastActivityAt, lastActivityIn, idleMs } = factsOf({ streams });
    return [lastActivityAt, lastActivityIn?.key, idleMs];
  };

  it.each([
    [
      "the newest of several",
      [stream("a", active(hour)), stream("b", active(minute))],
      now - minute,
      "b",
      minute,
    ],
    [
      "the first of two equal ones",
      [stream("a", active(minute)), stream("b", active(minute))],
      now - minute,
      "a",
      minute,
    ],
    ["now, where a clock runs a minute ahead", [stream("a", active(-minute))], now, "a", 0],
    [
      "another one's, where a clock runs further ahead",
      [stream("a", active(-minute - 1)), stream("b", active(minute))],
      now - minute,
      "b",
      minute,
    ],
    [
      "unknown, where a clock runs further ahead alone",
      [stream("a", active(-minute - 1))],
      null,
      undefined,
      null,
    ],
    ["unknown, where nothing happened", [stream("a")], null, undefined, null],
  ])("is %s", (_, streams, at, key, idleMs) => {
    expect(lastOf(streams)).toEqual([at, key, idleMs]);
  });

  it("is also that of a background task it launched", () => {
    const children = [sampleStream("c", { role: "task", parentKey: "t", events: [active(second)] })];
    expect(factsOf({ streams: [stream("t", active(hour))], children }).lastActivityIn?.key).toBe("c");
  });

  it("does not count the time in which nobody could look as idle", () => {
    const gaps = [{ from: now - 50 * minute, to: now - 20 * minute }];
    expect(factsOf({ streams: [stream("t", active(hour))] }, { gaps }).idleMs).toBe(30 * minute);
  });
});

describe("when it was asked for", () => {
  it.each([
    ["a minute ahead", now + minute, now + minute],
    ["a minute and 1 ms ahead", now + minute + 1, null],
  ])("is believed up to a minute ahead: %s", (_, at, believed) => {
    expect(factsOf(request(at)).requestedAt).toBe(believed);
  });
});

describe("when it began", () => {
  const transcripts = [stream("a", active(20 * minute)), stream("b", active(30 * minute), active(minute))];

  it.each([
    ["its claimed start", { ...claim({ startedAt: now - 9 * minute }), streams: transcripts }, 9],
    ["its claimed creation", { ...claim({ createdAt: now - 8 * minute }), streams: transcripts }, 8],
    [
      "its request, where that is earlier",
      { ...claim({ createdAt: now - 8 * minute }), ...request(now - 12 * minute) },
      12,
    ],
    [
      "its claim, where that is earlier",
      { ...claim({ createdAt: now - 13 * minute }), ...request(now - 12 * minute) },
      13,
    ],
    ["the first event of its streams, where nobody claims anything", { streams: transcripts }, 30],
  ])("is %s", (_, task, agoMinutes) => {
    expect(factsOf(task).startedAt).toBe(now - agoMinutes * minute);
  });

  it("is unknown where nothing says it", () => {
    expect(factsOf({}).startedAt).toBeNull();
  });
});

describe("an open transcript", () => {
  it.each([
    ["one whose turn is not over", [stream("t", active(minute))], true],
    ["none whose turn is over", [stream("t", active(minute), ended(second))], false],
    ["none in which nothing happened", [stream("t")], false],
    ["no log", [log(active(minute))], false],
    ["one of two", [stream("t", ended(minute)), stream("u", active(minute))], true],
  ])("is %s", (_, streams, isOpen) => {
    expect(factsOf({ streams }).isTranscriptOpen).toBe(isOpen);
  });
});

describe("the process", () => {
  const withProcess = (liveness: Stream["liveness"]) => ({ ...stream("t", active(3 * minute)), liveness });

  it.each([
    ["the session's own before the claim's", { streams: [withProcess(gone)], process: alive }, gone],
    [
      "the claim's where the session's is not known",
      { streams: [withProcess(unseen)], process: alive },
      alive,
    ],
    ["the claim's where the session has none", { streams: [withProcess(null)], process: gone }, gone],
    ["of the session, unknown", { streams: [withProcess(unseen)], process: null }, unseen],
    ["of the claim, unknown", { streams: [withProcess(null)], process: unseen }, unseen],
    ["nobody's", { streams: [withProcess(null)] }, null],
  ])("is %s", (_, task, liveness) => {
    expect(factsOf(task).liveness).toEqual(liveness);
  });

  it.each([
    ["a minute before the boot", 11 * minute, {}, null],
    ["a minute and 1 ms before the boot", 11 * minute + 1, {}, "gone"],
    ["long before a boot that is still to come", hour, { bootedAt: now + 1 }, null],
    ["before a boot of just now", hour, { bootedAt: now }, "gone"],
    ["where the boot is not known", hour, { bootedAt: null }, null],
  ])("went with the machine: last sign %s", (_, agoMs, given, state) => {
    const facts = factsOf(
      { streams: [stream("t", active(agoMs))] },
      { bootedAt: now - 10 * minute, ...given },
    );
    expect(facts.liveness?.state ?? null).toBe(state);
  });

  it.each([
    ["changed after the boot", claim({ updatedAt: now - minute }), null],
    ["created after the boot", claim({ createdAt: now - minute, updatedAt: null }), null],
    ["last changed before the boot", claim({ updatedAt: now - 30 * minute }), "gone"],
    ["of another host", claim({ updatedAt: now - 30 * minute, host: "elsewhere" }), null],
    ["without a time", claim({ updatedAt: null, createdAt: null }), null],
  ])("went with the machine by its claim, %s", (_, task, state) => {
    expect(factsOf(task, { bootedAt: now - 10 * minute }).liveness?.state ?? null).toBe(state);
  });

  it("went with the machine, and is named by the claim", () => {
    const { liveness } = factsOf(claim({ updatedAt: now - hour, pid: 48_213 }), { bootedAt: now - minute });
    expect(liveness).toMatchObject({
      pid: 48_213,
      says: expect.stringContaining("after its last sign of life"),
    });
  });
});

describe("the open call", () => {
  it("is the longest of all sessions", () => {
    const early = { ...openCall(9 * minute), callId: "early" };
    const facts = factsOf({
      streams: [stream("a", openCall(minute)), stream("b", { ...early }, openCall(5 * minute))],
    });
    expect(facts.openCall).toMatchObject({ callId: "early" });
  });

  it("is the first of two equally long ones", () => {
    const same = { ...openCall(minute), callId: "second" };
    expect(factsOf({ streams: [stream("a", openCall(minute), same)] }).openCall?.callId).toBe("open");
  });
});

describe("what waits", () => {
  const waiting = {
    for: "permission",
    tool: "bash",
    text: null,
    callId: null,
    untilAt: null,
    at: now,
    line: null,
  } as const;

  it.each([
    ["what is asked in the transcript", [stream("t", asked(minute, "question"))], "question"],
    ["what a registry says first", [{ ...stream("t", asked(minute, "question")), waiting }], "permission"],
    [
      "the second session's",
      [stream("t", active(minute)), stream("u", asked(minute, "question"))],
      "question",
    ],
    [
      "nothing where the process is gone",
      [{ ...stream("t", asked(3 * minute, "question")), liveness: gone }],
      undefined,
    ],
    [
      "what was asked after the end, whoever runs the next turn",
      [{ ...stream("t", ended(minute)), waiting, liveness: gone }],
      "permission",
    ],
    [
      "what is asked by a living process",
      [{ ...stream("t", asked(minute, "question")), liveness: alive }],
      "question",
    ],
  ])("is %s", (_, streams, kind) => {
    expect(factsOf({ streams }).waiting?.waiting.for).toBe(kind);
  });
});

describe("the children that still work", () => {
  const child = (events: readonly AgentEvent[], given: Partial<Parameters<typeof sampleStream>[1]> = {}) =>
    sampleStream("c", { parentKey: "t", events, ...given });
  const over = stream("t", ended(hour));

  it.each<[string, Partial<Task>, string[]]>([
    ["a shell by its title", { streams: [stream("t", shell("k", minute, "build"), ended(0))] }, ["build"]],
    ["a shell by its id", { streams: [stream("t", shell("k", minute), ended(0))] }, ["k"]],
    [
      "no shell that ended",
      {
        streams: [
          stream("t", shell("k", minute), { type: "child_ended", at: now, childId: "k", outcome: "success" }),
        ],
      },
      [],
    ],
    [
      "a shell 30 minutes less 1 ms after the last activity",
      { streams: [stream("t", shell("k", 30 * minute - 1))] },
      ["k"],
    ],
    ["no shell 30 minutes after the last activity", { streams: [stream("t", shell("k", 30 * minute))] }, []],
    [
      "a shell of long ago under activity",
      { streams: [stream("t", shell("k", hour), ended(minute))] },
      ["k"],
    ],
    [
      "a session by its title",
      { streams: [over], children: [child([active(0)], { title: "Search" })] },
      ["Search"],
    ],
    [
      "a session by its agent",
      { streams: [over], children: [child([active(0)], { agentName: "explore" })] },
      ["explore"],
    ],
    ["a session without a name", { streams: [over], children: [child([active(0)])] }, ["a sub-agent"]],
    ["no session in which nothing happened", { streams: [over], children: [child([])] }, []],
    ["no session that ended", { streams: [over], children: [child([active(0), ended(0)])] }, []],
    [
      "no session whose process is gone",
      { streams: [over], children: [child([active(3 * minute)], { liveness: gone })] },
      [],
    ],
    [
      "a session that was active 30 minutes less 1 ms ago",
      { streams: [over], children: [child([active(30 * minute - 1)])] },
      ["a sub-agent"],
    ],
    [
      "a session that fell silent 30 minutes ago",
      { streams: [over], children: [child([active(30 * minute)])] },
      ["a sub-agent"],
    ],
    [
      "no session that fell silent 30 minutes ago when its parent went on without it",
      {
        streams: [stream("t", message(minute), ended(0))],
        children: [child([active(30 * minute)])],
      },
      [],
    ],
    ["what keeps it busy", { streams: [{ ...over, busyWith: "a workflow" }] }, ["a workflow"]],
    [
      "a named child before a mere busy",
      { streams: [{ ...stream("t", shell("k", minute)), busyWith: "a workflow" }] },
      ["k"],
    ],
    [
      "each by its own name",
      { streams: [stream("t", shell("k", minute, "build"), shell("l", minute, "build"))] },
      ["build", "build"],
    ],
    [
      "a launched session once",
      {
        streams: [stream("t", shell("s", minute, "Search"))],
        children: [sampleStream("s", { parentKey: "t", identity: { sessionId: "s" }, events: [active(0)] })],
      },
      ["Search"],
    ],
    [
      "no launched session that ended",
      {
        streams: [stream("t", shell("s", minute, "Search"))],
        children: [
          sampleStream("s", { parentKey: "t", identity: { sessionId: "s" }, events: [active(1), ended(0)] }),
        ],
      },
      [],
    ],
    ["nothing of a process that is gone", { streams: [stream("t", shell("k", minute))], process: gone }, []],
  ])("are %s", (_, task, names) => {
    expect(factsOf(task).runningChildren).toEqual(names);
  });

  it("are measured without the time in which nobody could look", () => {
    const task = { streams: [stream("t", shell("k", hour))] };
    const gaps = [{ from: now - 50 * minute, to: now - 10 * minute }];
    expect([factsOf(task).runningChildren, factsOf(task, { gaps }).runningChildren]).toEqual([[], ["k"]]);
  });
});

it("puts the transcript's records before the delegation's", () => {
  const { terminals } = factsOf({
    streams: [stream("t", active(minute), ended(second)), log(...call(minute, "ok"))],
    delegations: [sampleDelegation({ result: { status: "failure", error: "cannot build" } })],
  });

  expect(terminals).toMatchObject([
    { by: "transcript", outcome: "success", at: now - second, origin: { source: "transcript" } },
    {
      by: "result",
      outcome: "failure",
      message: "cannot build",
      origin: { source: "delegation_results.jsonl" },
    },
  ]);
});
