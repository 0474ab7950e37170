import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { hour, minute, now, second } from "../../../support/sample-clock.ts";
import { active, asked, call, ended, openCall } from "../../../support/sample-events.ts";
import { alive, gone, log, sampleStream, stream } from "../../../support/sample-stream.ts";
import { claim, factsOf, sampleDelegation } from "../../../support/sample-task.ts";

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
