import { describe, expect, it } from "vitest";
import { agentOf, collectEnds } from "../../../../src/core/review/ends.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { finished, monday } from "../../../support/recorded.ts";
import { hour, minute } from "../../../support/sample-clock.ts";
import { sampleDelegation } from "../../../support/sample-task.ts";

type Given = NonNullable<Parameters<typeof sampleDelegation>[0]>;
const ended = (requestId: string, given: Given = {}, at = monday) =>
  sampleDelegation({ requestId, request: { at: at - hour }, result: { at }, ...given });
const shown = (ends: ReturnType<typeof collectEnds>) =>
  ends.map(({ subject, at, isFromDelegation }) => [subject, (at - monday) / minute, isFromDelegation]);

describe("collectEnds", () => {
  it("counts of several records about one attempt the last", () => {
    const started = { started_at: formatTime(monday - hour) };
    const ends = collectEnds(
      [finished("a", monday, started), finished("a", monday + minute, { ...started, outcome: "failure" })],
      [],
    );
    expect(ends).toMatchObject([{ subject: "a", outcome: "failure", at: monday + minute }]);
  });

  it.each([
    ["two starts", { started_at: formatTime(monday) }, { started_at: formatTime(monday + minute) }],
    [
      "two ends without a start",
      { started_at: null, ended_at: formatTime(monday) },
      { started_at: null, ended_at: formatTime(monday + minute) },
    ],
  ])("counts %s as two attempts", (_, first, second) => {
    expect(collectEnds([finished("a", monday, first), finished("a", monday, second)], [])).toHaveLength(2);
  });

  it("orders ends by time, then by subject", () => {
    const ends = collectEnds([finished("c", monday), finished("b", monday), finished("a", monday + 1)], []);
    expect(ends.map(({ subject }) => subject)).toEqual(["b", "c", "a"]);
  });

  it("takes the time of an end from its delegation", () => {
    const events = [finished("a", monday + 3 * minute, { request_id: "r1" })];
    expect(shown(collectEnds(events, [ended("r1")]))).toEqual([["a", 0, false]]);
    expect(shown(collectEnds(events, [ended("r2", { taskId: "b" })]))).toEqual([
      ["b", 0, true],
      ["a", 3, false],
    ]);
  });

  it.each([
    ["its subject", finished("r1", monday + minute), ended("r1"), false],
    ["its task", finished("x", monday + minute, { task_id: "bg_1" }), ended("r1", { taskId: "bg_1" }), false],
    [
      "its session",
      finished("x", monday + minute, { session_id: "s" }),
      ended("r1", { sessionId: "s" }),
      false,
    ],
    ["nothing", finished("x", monday + minute), ended("r1"), true],
    [
      "its task, where the record names another request",
      finished("x", monday + minute, { task_id: "bg_1", request_id: "r9" }),
      ended("r1", { taskId: "bg_1" }),
      true,
    ],
  ])("counts an end once that a run recorded by %s", (_, event, delegation, isAdded) => {
    expect(collectEnds([event], [delegation]).some((end) => end.isFromDelegation)).toBe(isAdded);
  });

  it.each<[string, ReturnType<typeof sampleDelegation>, object]>([
    [
      "a success",
      ended("r1", { result: { at: monday, durationMs: 90_499 } }),
      {
        subject: "r1",
        outcome: "success",
        startedAt: monday - hour,
        durationS: 90,
        agent: "explore",
        category: "none",
        reason: "result_recorded",
        errorType: null,
      },
    ],
    [
      "a failure",
      ended("r1", {
        taskId: "bg_1",
        request: { category: "docs" },
        result: { at: monday, status: "failure", error: "no such file: a" },
      }),
      {
        subject: "bg_1",
        outcome: "failure",
        durationS: null,
        category: "docs",
        reason: "result_failed",
        errorType: "no_such_file",
      },
    ],
    [
      "a result without a request",
      ended("r1", { request: null, result: { at: monday, durationMs: 60_000, status: "timeout" } }),
      { outcome: "timeout", startedAt: monday - minute, durationS: 60, agent: "unknown", category: "none" },
    ],
  ])("takes %s that no run recorded from the delegation", (_, delegation, end) => {
    expect(collectEnds([], [delegation])).toMatchObject([{ ...end, at: monday, isFromDelegation: true }]);
  });

  it.each([
    ["an open request", sampleDelegation()],
    ["a result that does not tell its time", ended("r1", { request: null, result: { at: null } })],
  ])("takes nothing from %s", (_, delegation) => {
    expect(collectEnds([], [delegation])).toEqual([]);
  });

  it("tells who it was and how it went", () => {
    const event = finished("a", monday, {
      agent_name: "build",
      category: "docs",
      outcome: "failure",
      reason: "turn_failed",
      error_type: "no_credit",
      started_at: null,
      duration_s: null,
      tokens: { input: 900, output: 50 },
      cost_usd: 0.25,
    });
    expect(collectEnds([event], [])).toEqual([
      {
        subject: "a",
        outcome: "failure",
        at: monday,
        startedAt: null,
        durationS: null,
        agent: "build",
        category: "docs",
        reason: "turn_failed",
        errorType: "no_credit",
        tokens: { input: 900, output: 50 },
        costUsd: 0.25,
        isFromDelegation: false,
      },
    ]);
  });
});

it("counts an agent by its name, else by its kind", () => {
  expect(agentOf({ agent_name: "build", agent_kind: "codex" })).toBe("build");
  expect(agentOf({ agent_name: null, agent_kind: "codex" })).toBe("codex");
});
