import { describe, expect, it } from "vitest";
import {
  type Delegation,
  endedAt,
  mergeDelegations,
  parseRequest,
  parseResult,
  requestedAt,
} from "../../src/core/delegation.ts";
import { hour, minute, now, sampleDelegation } from "./sample-task.ts";

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

  it.each([
    ["an open request", sampleDelegation(), now - hour, null],
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
