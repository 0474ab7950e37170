import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collectLogs, secondsAgo, toolCall } from "../../../support/launcher-logs.ts";
import { now } from "../../../support/sample-clock.ts";
import { makeWorkspace } from "../../../support/workspace.ts";

describe("agent logs", () => {
  it("are absent where there is no .agents", async () => {
    expect(await collectLogs(makeWorkspace())).toMatchObject({
      outcome: "absent",
      streams: [],
      delegations: [],
    });
  });

  it("are read where the folder is empty", async () => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path(".agents/logs"), { recursive: true });
    expect(await collectLogs(workspace)).toMatchObject({ outcome: "read", streams: [], problems: [] });
  });

  it("fail, with the reason, where a file stands in the folder's place", async () => {
    const workspace = makeWorkspace();
    workspace.write(".agents/logs", "");
    expect(await collectLogs(workspace)).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining(".agents/logs cannot be read"),
    });
  });

  it.each([
    [
      "snake_case",
      {
        request_id: "r1",
        parent_agent: "main",
        subagent_type: "explore",
        category: "docs",
        prompt_summary: "Look",
        timestamp: secondsAgo(60),
        session_id: "s1",
        task_id: "bg_1",
        worktree: "a",
      },
      {
        request_id: "r1",
        duration_ms: 5_000,
        status: "failure",
        tools_used: ["read", "edit"],
        error_message: "gave up",
        timestamp: secondsAgo(55),
      },
    ],
    [
      "camelCase",
      {
        requestId: "r1",
        parentAgent: "main",
        subagentType: "explore",
        category: "docs",
        promptSummary: "Look",
        timestamp: secondsAgo(60),
        sessionId: "s1",
        taskId: "bg_1",
        worktree: "a",
      },
      {
        requestId: "r1",
        durationMs: 5_000,
        status: "failure",
        toolsUsed: ["read", "edit"],
        errorMessage: "gave up",
        timestamp: now - 55_000,
      },
    ],
  ])("put request and result together in %s", async (_, request, result) => {
    const workspace = makeWorkspace();
    workspace.log("delegation_requests.jsonl", request);
    workspace.log("delegation_results.jsonl", result);
    expect((await collectLogs(workspace)).delegations).toEqual([
      {
        requestId: "r1",
        taskId: "bg_1",
        sessionId: "s1",
        worktree: "a",
        request: {
          parentAgent: "main",
          subagentType: "explore",
          category: "docs",
          summary: "Look",
          at: now - 60_000,
          file: ".agents/logs/delegation_requests.jsonl",
          line: 1,
        },
        result: {
          status: "failure",
          at: now - 55_000,
          durationMs: 5_000,
          toolsUsed: ["read", "edit"],
          error: "gave up",
          file: ".agents/logs/delegation_results.jsonl",
          line: 1,
        },
      },
    ]);
  });

  it("keep results without requests and requests without results, in any order, repeated or not", async () => {
    const workspace = makeWorkspace();
    const result = { request_id: "r2", status: "success", timestamp: secondsAgo(1) };
    workspace.log("delegation_results.jsonl", result, { request_id: "r1", status: "timeout" }, result);
    workspace.log(
      "delegation_requests.jsonl",
      { request_id: "r3" },
      { request_id: "r2", timestamp: secondsAgo(9) },
      { request_id: "r3" },
    );
    const { delegations, problems } = await collectLogs(workspace);
    expect(
      delegations
        .map(({ requestId, request, result: ended }) => [requestId, request !== null, ended?.status])
        .sort(),
    ).toEqual([
      ["r1", false, "timeout"],
      ["r2", true, "success"],
      ["r3", true, undefined],
    ]);
    expect(problems).toEqual([]);
  });

  it.each([
    [
      "tool_failure with an error",
      { event_type: "tool_failure", tool: "edit", error: "no" },
      { failures: { count: 1, tools: [["edit", 1]] }, lastError: { message: "no" } },
    ],
    [
      "tool_failure with details, in camelCase",
      { eventType: "tool_failure", tool: "edit", details: "no" },
      { failures: { count: 1 }, lastError: { message: "no" } },
    ],
    [
      "tool_failure without a tool",
      { event_type: "tool_failure" },
      { failures: { count: 1, tools: [["tool", 1]] } },
    ],
    [
      "capability_gap",
      { event_type: "capability_gap", desired_capability: "browser" },
      { callCount: 0, lastActivityAt: now - 5_000 },
    ],
    [
      "unexpected_behavior",
      { event_type: "unexpected_behavior", details: "odd" },
      { callCount: 0, lastActivityAt: now - 5_000 },
    ],
  ])("read the challenge %s", async (_, given, expected) => {
    const workspace = makeWorkspace();
    workspace.log("explore_challenges.jsonl", {
      agent: "explore",
      timestamp: secondsAgo(5),
      task_id: "bg_1",
      ...given,
    });
    expect((await collectLogs(workspace)).streams).toMatchObject([
      { identity: { taskId: "bg_1" }, role: "task", agent: { name: "explore" }, activity: expected },
    ]);
  });

  it("keep a challenge that names only its agent as evidence without an owner", async () => {
    const workspace = makeWorkspace();
    workspace.log("explore_challenges.jsonl", {
      agent: "explore",
      timestamp: secondsAgo(5),
      event_type: "tool_failure",
    });
    expect((await collectLogs(workspace)).streams).toMatchObject([
      { role: "evidence", agent: { name: "explore" }, identity: { taskId: null, worktree: null } },
    ]);
  });

  it("pass over records of other kinds, and files of other endings", async () => {
    const workspace = makeWorkspace();
    workspace.log("notes.jsonl", { note: "no tool here" }, { type: "tool_use", tool: "edit" });
    workspace.log("calls.json", toolCall(5, { status: "ok" }));
    workspace.log("readme.txt", "hello");
    expect(await collectLogs(workspace)).toMatchObject({ streams: [], problems: [], skippedLines: 0 });
  });

  it("never take the monitor's own log for evidence", async () => {
    const workspace = makeWorkspace();
    workspace.log("background_monitoring.jsonl", toolCall(5, { status: "ok" }), "torn {");
    expect(await collectLogs(workspace)).toMatchObject({ streams: [], problems: [], skippedLines: 0 });
  });

  it("take nothing from keys that name parts of every object", async () => {
    const evil = `{"__proto__":{"task_id":"bg_evil"},"tool":"read","timestamp":${now},"constructor":{"task_id":"x"},"status":"ok"}`;
    const workspace = makeWorkspace();
    workspace.log("calls.jsonl", evil);
    expect((await collectLogs(workspace)).streams).toMatchObject([
      { identity: { taskId: null }, role: "evidence" },
    ]);
  });
});
