import { expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { callsKept } from "../../../../src/core/evidence/observe-call.ts";
import { generationKept, nothingSeen } from "../../../../src/core/evidence/seen-hashes.ts";
import { activityOf, eventsOf, fold, fresh, startedAt, times } from "../../../support/fold-calls.ts";

const start = (
  callId: string | null,
  at: number,
  input: unknown = { file_path: "a.ts" },
  tool = "Read",
): AgentEvent => ({
  type: "call_started",
  at,
  callId,
  tool,
  input: { raw: input },
});
const end = (
  callId: string | null,
  at: number,
  more: Partial<Extract<AgentEvent, { type: "call_ended" }>> = {},
): AgentEvent => ({
  type: "call_ended",
  at,
  callId,
  outcome: "ok",
  output: { raw: "text" },
  ...more,
});

it("counts a call once whose records come again after a user message", () => {
  const call = [start("1", 10), end("1", 20)];

  expect(fold([...call, { type: "user_message", at: 30 }, ...call])).toMatchObject({
    callCount: 1,
    calls: [],
    openCalls: [],
  });
});

it("counts a call once whose records come again a long time later", () => {
  const others = eventsOf(times(generationKept, (n) => fresh(n)));
  const call = [start("1", 10), end("1", 20)];

  expect(fold([...call, ...others, ...call]).callCount).toBe(generationKept + 1);
});

it("counts a second end of a call as the same failure", () => {
  const failed = end("1", 20, { outcome: "failed" });

  expect(fold([start("1", 10), failed, failed]).failures.count).toBe(1);
});

it("takes an id that is used again later for another call", () => {
  const activity = fold([start("1", 10), end("1", 20), start("1", 30), end("1", 40)]);

  expect(activity).toMatchObject({ callCount: 2, openCalls: [] });
});

it("takes a start at the moment of the end for a second record of the call", () => {
  expect(fold([start("1", 10), end("1", 20), start("1", 20)]).openCalls).toEqual([]);
  expect(fold([start("1", 10), end("1", 20), start("1", 21)]).openCalls).toHaveLength(1);
});

it("gives an end without an id and without a tool to the latest open call without an id", () => {
  const activity = fold([start(null, 10), start(null, 11, { command: "npm test" }, "Bash"), end(null, 20)]);

  expect(activity.lastCall?.tool).toBe("Bash");
});

it.each(["ok", "neutral"] as const)(
  "compares no error of a call that was %s, whatever it says of one",
  (outcome) => {
    const call = fold([
      start("1", 10),
      end("1", 20, { outcome, output: null, error: "deprecated" }),
    ]).lastCall;

    expect(call).toMatchObject({ outcome, errorHash: null });
  },
);

it("has heard no answer of a plan before", () => {
  const plan = (id: string, at: number) => [start(id, at, { todos: [] }, "TodoWrite"), end(id, at + 1)];

  expect(fold([...plan("1", 10), ...plan("2", 20)]).lastCall).toMatchObject({ kind: "plan", timesHeard: 0 });
});

it("keeps when a call began, its line and its limit", () => {
  const activity = fold([
    { ...start("1", 10), line: 4, ...{ timeoutMs: 60_000 } },
    start("2", 12),
    { ...end("2", 20), line: 9 },
  ]);

  expect(activity.openCalls).toMatchObject([{ startedAt: 10, line: 4, timeoutMs: 60_000 }]);
  expect(activity.lastCall).toMatchObject({
    startedAt: 12,
    endedAt: 20,
    line: 9,
    isNovel: true,
    timesHeard: 0,
  });
  expect(fold([{ ...start("1", 10), line: 4 }, end("1", 20)]).lastCall?.line).toBe(4);
});

it("keeps the last 64 calls", () => {
  const { calls } = activityOf(times(70, (n) => fresh(n)));

  expect([calls.length, calls[0]?.argsHash, calls[63]?.argsHash]).toEqual([
    64,
    "fresh args 6",
    "fresh args 69",
  ]);
});

it("takes a second record of an open call for what it knows better", () => {
  const activity = fold([start("1", 10, {}), start("1", 15, { file_path: "b.ts" }), start("1", 16, null)]);

  expect(activity.openCalls).toHaveLength(1);
  expect(activity.openCalls[0]).toMatchObject({ target: "b.ts", startedAt: 10 });
});

it("gives an end without an id to the open call of its tool", () => {
  const activity = fold([
    start(null, 10, { file_path: "a.ts" }),
    start(null, 11, { command: "npm test" }, "Bash"),
    end(null, 20, { tool: "Read" }),
  ]);

  expect(activity.lastCall?.target).toBe("a.ts");
  expect(activity.openCalls).toMatchObject([{ tool: "Bash" }]);
});

it("knows an end whose start was never seen", () => {
  expect(fold([end("1", 20, { tool: "Edit" })]).lastCall).toMatchObject({
    tool: "Edit",
    kind: "mut",
    argsHash: null,
  });
});

it("knows neither the arguments nor the result that nobody tells", () => {
  const activity = fold([start("1", 10, null), end("1", 20, { output: null })]);

  expect(activity.lastCall).toMatchObject({
    argsHash: null,
    resultHash: null,
    answerHash: null,
    errorHash: null,
  });
});

it("takes the error's own text where the output says nothing", () => {
  const failed = (output: Extract<AgentEvent, { type: "call_ended" }>["output"]) =>
    fold([start("1", 10), end("1", 20, { outcome: "failed", output, error: "no such file, line 3" })])
      .lastCall?.errorHash;

  expect(failed(null)).toBe(failed({ raw: "" }));
  expect(failed(null)).toBe(failed({ raw: "no such file, line 4" }));
  expect(failed(null)).not.toBeNull();
});

it("leaves plans out of the calls", () => {
  expect(activityOf([fresh(1), fresh(2, { kind: "plan" })]).calls).toHaveLength(1);
});

it("stays small however long the stream is", () => {
  const activity = activityOf(times(5_000, (n) => fresh(n)));

  expect(activity.calls).toHaveLength(callsKept);
  expect(JSON.stringify(activity).length).toBeLessThan(120_000);
});

it("clears what it knows of calls with a user message", () => {
  const activity = fold([
    ...eventsOf(times(30, () => ({ error: "e" }))),
    { type: "user_message", at: startedAt + 60_000 },
  ]);

  expect(activity).toMatchObject({
    calls: [],
    failures: { count: 0 },
    monologue: { count: 0, condensed: 0 },
    polling: { count: 0 },
    planRun: null,
    seen: nothingSeen(),
  });
});

const plan = (done: number): AgentEvent => ({
  type: "plan_changed",
  at: startedAt,
  done,
  total: 3,
  step: null,
});

it.each([
  ["a step more", 1, 2, [true, 0]],
  ["no step more", 1, 1, [false, 3]],
  ["a step less", 2, 1, [false, 3]],
])(
  "takes %s in the plan for news of the last call alone, as far as it is progress",
  (_, before, after, last) => {
    const { calls } = fold([plan(before), ...eventsOf(times(4, () => ({}))), plan(after)]);

    expect(calls.map(({ isNovel, timesHeard }) => [isNovel, timesHeard])).toEqual([
      [true, 0],
      [false, 1],
      [false, 2],
      last,
    ]);
  },
);

it("ends a row of polls with a step of the plan", () => {
  const polls = eventsOf(times(9, () => ({ kind: "wait" as const })));

  expect(fold([plan(1), ...polls, plan(2)]).polling).toEqual({ count: 0, startedAt: null });
});

it("keeps the latest 64 open calls", () => {
  const activity = fold(Array.from({ length: 70 }, (_, n) => start(`${n}`, n)));

  expect(activity.openCalls.map(({ callId }) => callId)).toEqual(
    Array.from({ length: 64 }, (_, n) => `${n + 6}`),
  );
});

it.each([
  ["an edit", "Edit", 17],
  ["a look", "Read", 31],
])("tells how much the answer of %s says besides its file's name", (_, tool, length) => {
  const file = "/srv/demo/a.ts";
  const activity = fold([
    start("1", 10, { file_path: file }, tool),
    end("1", 20, { output: { raw: `Updated the file ${file}` } }),
  ]);

  expect(activity.calls[0]?.resultLength).toBe(length);
});
