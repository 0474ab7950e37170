import { describe, expect, it } from "vitest";
import {
  type Delegation,
  endedAt,
  mergeDelegations,
  parseRequest,
  parseResult,
  requestedAt,
} from "../../../../src/core/claims/delegation.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { sampleDelegation } from "../../../support/sample-task.ts";

const place = { file: "x.jsonl", line: 1 };
const request = { request_id: "r1", subagent_type: "explore", timestamp: now - hour };

describe("delegation records", () => {
  it.each([
    ["no id", {}],
    ["an empty id", { request_id: "" }],
    ["an id of a wrong type", { request_id: 7 }],
  ])("names what is expected of a request with %s", (_, record) => {
    expect(parseRequest(record, place)).toMatchObject({ expected: expect.stringContaining("request_id") });
  });

  it("names what is expected of a result with an unknown status", () => {
    expect(parseResult({ request_id: "r1", status: "great" }, place)).toMatchObject({
      expected: expect.stringContaining("status"),
    });
  });

  it("uses the rest of a record with optional fields of wrong types", () => {
    expect(parseRequest({ ...request, category: 7, task_id: [], timestamp: "soon" }, place)).toMatchObject({
      requestId: "r1",
      taskId: null,
      request: { subagentType: "explore", category: null, at: null },
    });
  });

  it("counts the later of repeated halves, in any order of the two", () => {
    const halves = [
      parseResult({ request_id: "r1", status: "failure" }, place),
      parseRequest(request, place),
      parseResult({ request_id: "r1", status: "success", task_id: "bg_1" }, place),
      parseRequest({ ...request, subagent_type: "writer" }, place),
    ].filter((half): half is Delegation => "requestId" in half);
    expect(halves.reduce(mergeDelegations)).toMatchObject({
      requestId: "r1",
      taskId: "bg_1",
      request: { subagentType: "writer" },
      result: { status: "success" },
    });
  });

  it("keeps what only the first of two halves knows", () => {
    const first = sampleDelegation({ taskId: "bg_1", sessionId: "s", worktree: "a", result: {} });
    const second = sampleDelegation({ request: null });
    expect([mergeDelegations(first, second), mergeDelegations(second, first)]).toEqual([first, first]);
  });

  it("takes from the later of two halves what both know", () => {
    const first = sampleDelegation({ taskId: "bg_1", sessionId: "s", worktree: "a" });
    const second = sampleDelegation({ taskId: "bg_2", sessionId: "t", worktree: "b" });
    expect(mergeDelegations(first, second)).toEqual(second);
  });

  it("reads every field of a request and of a result", () => {
    const ids = { request_id: "r1", task_id: "bg_1", session_id: "s", worktree: "a", timestamp: now };
    const names = { requestId: "r1", taskId: "bg_1", sessionId: "s", worktree: "a" };
    const asked = {
      ...ids,
      parent_agent: "lead",
      subagent_type: "explore",
      category: "docs",
      prompt_summary: "Look",
    };
    expect(parseRequest(asked, place)).toEqual({
      ...names,
      request: {
        parentAgent: "lead",
        subagentType: "explore",
        category: "docs",
        summary: "Look",
        at: now,
        ...place,
      },
      result: null,
    });
    const told = {
      ...ids,
      status: "failure",
      duration_ms: 0,
      tools_used: ["x".repeat(61)],
      error_message: "no",
    };
    expect(parseResult(told, place)).toEqual({
      ...names,
      request: null,
      result: {
        status: "failure",
        at: now,
        durationMs: 0,
        toolsUsed: [`${"x".repeat(59)}…`],
        error: "no",
        ...place,
      },
    });
  });

  it("takes an id of one letter", () => {
    expect(parseRequest({ request_id: "r" }, place)).toMatchObject({ requestId: "r" });
  });

  it("takes empty texts for none", () => {
    const empty = {
      request_id: "r1",
      task_id: "",
      session_id: "",
      worktree: "",
      category: "",
      timestamp: now,
    };
    expect(parseRequest(empty, place)).toMatchObject({
      taskId: null,
      sessionId: null,
      worktree: null,
      request: { category: null, summary: null },
    });
  });

  it("says of a record that is none what was expected", () => {
    const record = { request_id: "r1", status: "great" };
    expect(parseResult(record, place)).toEqual({ expected: "status: one of success, failure, timeout" });
    expect(parseResult(null, place)).toEqual({ expected: "request_id" });
  });

  it.each([
    ["completed", "success"],
    ["done", "success"],
    ["FAILED", "failure"],
    ["error", "failure"],
    ["timed_out", "timeout"],
  ])("takes a result that is %s for a %s", (status, meant) => {
    expect(parseResult({ request_id: "r1", status }, place)).toMatchObject({ result: { status: meant } });
  });

  it.each([-1, 1e308, "5", null])("does not know a duration of %s", (duration) => {
    const record = { request_id: "r1", status: "success", duration_ms: duration };
    expect(parseResult(record, place)).toMatchObject({ result: { durationMs: null } });
  });

  it.each([
    ["an open request", sampleDelegation(), now - hour, null],
    [
      "a result without time and duration",
      sampleDelegation({ result: { at: null } }),
      now - hour,
      now - hour,
    ],
    [
      "a request without a time, whose result has one",
      sampleDelegation({ request: { at: null }, result: { at: now, durationMs: minute } }),
      now - minute,
      now,
    ],
    [
      "a request without a time, whose result has none",
      sampleDelegation({ request: { at: null }, result: { at: null, durationMs: minute } }),
      null,
      null,
    ],
    ["both halves with times", sampleDelegation({ result: {} }), now - hour, now - hour / 2],
    [
      "a result with a duration but no time",
      sampleDelegation({ result: { at: null, durationMs: 10 * minute } }),
      now - hour,
      now - 50 * minute,
    ],
    [
      "a result alone with a duration",
      sampleDelegation({ request: null, result: { durationMs: 10 * minute } }),
      now - 40 * minute,
      now - hour / 2,
    ],
    [
      "a result alone without anything",
      sampleDelegation({ request: null, result: { at: null } }),
      null,
      null,
    ],
  ])("knows when %s began and ended", (_, delegation, begun, ended) => {
    expect([requestedAt(delegation), endedAt(delegation)]).toEqual([begun, ended]);
  });
});
