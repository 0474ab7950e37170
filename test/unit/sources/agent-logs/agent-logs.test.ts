import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { agentLogs } from "../../../../src/sources/agent-logs/index.ts";
import { sourceContext } from "../../../support/source-context.ts";
import { makeWorkspace, type Workspace } from "../../../support/workspace.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
/** RFC 3339, so many seconds before now. */
const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString();

function collect({ root, path }: Workspace) {
  const worktrees = [{ path: path(".worktrees/a"), branch: null }];
  return agentLogs.collect(sourceContext(root, now, { worktrees, since: 0 }));
}
/** What one log of tool calls says of `bg_1`. */
async function readCalls(...records: readonly unknown[]): Promise<Stream["activity"] | undefined> {
  const workspace = makeWorkspace();
  workspace.log("calls.jsonl", ...records);
  return (await collect(workspace)).streams[0]?.activity;
}
const toolCall = (seconds: number, given: object = {}) => ({
  timestamp: ago(seconds),
  task_id: "bg_1",
  tool: "edit",
  ...given,
});

describe("agent logs", () => {
  it("are absent where there is no .agents", async () => {
    expect(await collect(makeWorkspace())).toMatchObject({ outcome: "absent", streams: [], delegations: [] });
  });

  it("are read where the folder is empty", async () => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path(".agents/logs"), { recursive: true });
    expect(await collect(workspace)).toMatchObject({ outcome: "read", streams: [], problems: [] });
  });

  it("fail, with the reason, where a file stands in the folder's place", async () => {
    const workspace = makeWorkspace();
    workspace.write(".agents/logs", "");
    expect(await collect(workspace)).toMatchObject({
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
        timestamp: ago(60),
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
        timestamp: ago(55),
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
        timestamp: ago(60),
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
    expect((await collect(workspace)).delegations).toEqual([
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
    const result = { request_id: "r2", status: "success", timestamp: ago(1) };
    workspace.log("delegation_results.jsonl", result, { request_id: "r1", status: "timeout" }, result);
    workspace.log(
      "delegation_requests.jsonl",
      { request_id: "r3" },
      { request_id: "r2", timestamp: ago(9) },
      { request_id: "r3" },
    );
    const { delegations, problems } = await collect(workspace);
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
    ["status success", { status: "success" }, "ok"],
    ["status ok", { status: "ok" }, "ok"],
    ["status completed", { status: "completed" }, "ok"],
    ["status OK in capitals", { status: "OK" }, "ok"],
    ["ok true", { ok: true }, "ok"],
    ["success true", { success: true }, "ok"],
    ["is_error false", { is_error: false }, "ok"],
    ["isError false", { isError: false }, "ok"],
    ["status failure", { status: "failure" }, "failed"],
    ["status error", { status: "error" }, "failed"],
    ["status failed", { status: "failed" }, "failed"],
    ["status timeout", { status: "timeout" }, "failed"],
    ["status retry", { status: "retry" }, "failed"],
    ["ok false", { ok: false }, "failed"],
    ["success false", { success: false }, "failed"],
    ["is_error true", { is_error: true }, "failed"],
    ["an error and no word", { error: "boom" }, "failed"],
    ["nothing about its outcome", {}, "neutral"],
    ["an unknown word", { status: "mu" }, "neutral"],
    ["an unknown word and ok false", { status: "mu", ok: false }, "failed"],
  ])("take a call with %s for %s", async (_, given, outcome) => {
    expect((await readCalls(toolCall(10, given)))?.lastCall?.outcome).toBe(outcome);
  });

  it.each([
    ["args", { args: { path: "src/a.ts" } }],
    ["input", { input: { path: "src/a.ts" } }],
  ])("take the target of a call from its %s", async (_, given) => {
    expect((await readCalls(toolCall(10, { status: "ok", ...given })))?.lastCall?.target).toBe("src/a.ts");
  });

  it.each([
    ["a text", "not found\u0007"],
    ["an object with a message", { message: "not found", code: 7 }],
  ])("take the error of a call from %s", async (_, error) => {
    expect((await readCalls(toolCall(10, { status: "error", error })))?.lastError).toMatchObject({
      tool: "edit",
      message: "not found",
      line: 1,
    });
  });

  it("keep a call open that has only started, until its record of an end", async () => {
    const started = toolCall(20, { status: "running", call_id: "c1" });
    expect((await readCalls(started))?.openCalls).toMatchObject([{ tool: "edit", callId: "c1" }]);
    const activity = await readCalls(started, toolCall(10, { status: "ok", call_id: "c1" }));
    expect(activity).toMatchObject({ openCalls: [], callCount: 1 });
  });

  it("count repeated records of an id once", async () => {
    const call = toolCall(10, { status: "error", tool_use_id: "c1" });
    expect(await readCalls(call, { ...call, duration_ms: 5 })).toMatchObject({
      callCount: 1,
      failures: { count: 1 },
    });
  });

  it("count equal lines without an id as different calls", async () => {
    const call = toolCall(10, { status: "error", error: "no such file" });
    const activity = await readCalls(...Array.from({ length: 12 }, () => call));
    expect(activity).toMatchObject({ callCount: 12, failures: { count: 12 } });
    expect(activity?.calls).toHaveLength(12);
  });

  it("put records that stand out of order in the order of their times", async () => {
    const activity = await readCalls(
      toolCall(10, { status: "error" }),
      toolCall(40, { status: "ok" }),
      toolCall(30, { status: "error" }),
      toolCall(20, { status: "error" }),
    );
    expect(activity).toMatchObject({ failures: { count: 3 }, lastActivityAt: now - 10_000 });
  });

  it.each([
    ["task_id", { task_id: "bg_7" }, { taskId: "bg_7" }],
    ["taskId", { taskId: "bg_7" }, { taskId: "bg_7" }],
    ["taskID", { taskID: "bg_7" }, { taskId: "bg_7" }],
    ["request_id", { request_id: "r1" }, { requestId: "r1", taskId: "bg_9", sessionId: "s9" }],
    ["session_id", { session_id: "s1" }, { sessionId: "s1" }],
    ["a worktree's folder name", { worktree: "a" }, { worktree: "a" }],
    ["a worktree's path", { worktree: ".worktrees/a" }, { worktree: "a" }],
    ["an unknown worktree", { worktree: "nowhere" }, { worktree: null }],
    ["nothing", {}, { taskId: null, requestId: null, sessionId: null, worktree: null }],
  ])("say whose a call is by %s", async (_, keys, expected) => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path(".worktrees/a"), { recursive: true });
    workspace.log("delegation_requests.jsonl", { request_id: "r1", task_id: "bg_9", session_id: "s9" });
    workspace.log("calls.jsonl", { ...toolCall(1, { status: "ok" }), task_id: undefined, ...keys });
    const { streams } = await collect(workspace);
    const { identity } = streams[0] ?? {};
    const short = { ...identity, worktree: identity?.worktree?.split("/").at(-1) ?? null };
    expect(short).toMatchObject(expected);
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
      timestamp: ago(5),
      task_id: "bg_1",
      ...given,
    });
    expect((await collect(workspace)).streams).toMatchObject([
      { identity: { taskId: "bg_1" }, role: "task", agent: { name: "explore" }, activity: expected },
    ]);
  });

  it("keep a challenge that names only its agent as evidence without an owner", async () => {
    const workspace = makeWorkspace();
    workspace.log("explore_challenges.jsonl", {
      agent: "explore",
      timestamp: ago(5),
      event_type: "tool_failure",
    });
    expect((await collect(workspace)).streams).toMatchObject([
      { role: "evidence", agent: { name: "explore" }, identity: { taskId: null, worktree: null } },
    ]);
  });

  it("name each bad line with file and line, and use the others", async () => {
    const workspace = makeWorkspace();
    workspace.log(
      "calls.jsonl",
      toolCall(9, { status: "ok" }),
      "{not json",
      "[1]",
      toolCall(8, { status: "ok" }),
    );
    workspace.log("delegation_requests.jsonl", "", { prompt_summary: "no id" }, { request_id: "r1" });
    workspace.log("delegation_results.jsonl", { request_id: "r1", status: "splendid" });
    workspace.log("explore_challenges.jsonl", {
      agent: "explore",
      event_type: "tool_failure",
      timestamp: "soon",
    });
    const { problems, skippedLines, streams, delegations } = await collect(workspace);
    expect(problems.map(({ code, path, line }) => `${code} ${path}:${line}`)).toEqual([
      "bad_line .agents/logs/delegation_requests.jsonl:2",
      "bad_line .agents/logs/delegation_results.jsonl:1",
      "bad_line .agents/logs/calls.jsonl:2",
      "bad_line .agents/logs/calls.jsonl:3",
      "bad_line .agents/logs/explore_challenges.jsonl:1",
    ]);
    expect(skippedLines).toBe(5);
    expect([streams[0]?.activity.callCount, delegations.length]).toEqual([2, 1]);
  });

  it.each(["no time", null, undefined])("call a tool call a bad line whose time is %j", async (timestamp) => {
    const workspace = makeWorkspace();
    workspace.log("calls.jsonl", toolCall(9, { status: "ok" }), toolCall(8, { timestamp, status: "failed" }));
    const { problems, skippedLines } = await collect(workspace);
    expect([problems.map(({ code, line }) => [code, line]), skippedLines]).toEqual([[["bad_line", 2]], 1]);
  });

  it.each(["2026-11-22T14:30:00", "2026-11-22 14:30:00,123", "2026-11-22T14:30:00.123456"])(
    "are read where a time is %s, without a zone",
    async (timestamp) => {
      const { lastActivityAt } = (await readCalls(toolCall(0, { timestamp, status: "ok" }))) ?? {};
      const at = Date.parse("2026-11-22T14:30:00Z");
      expect([at, at + 123]).toContain(lastActivityAt);
    },
  );

  it("name 20 bad lines of a file, and count the rest", async () => {
    const workspace = makeWorkspace();
    workspace.log("calls.jsonl", ...Array.from({ length: 50 }, () => "garbage"));
    const { problems, skippedLines } = await collect(workspace);
    expect([problems.length, problems.at(-1)?.message, skippedLines]).toEqual([21, "30 more bad lines", 50]);
  });

  it("leave a torn last line to its writer", async () => {
    const workspace = makeWorkspace();
    workspace.write(
      ".agents/logs/calls.jsonl",
      `${JSON.stringify(toolCall(9, { status: "ok" }))}\n${JSON.stringify(toolCall(8)).slice(0, 30)}`,
    );
    const { problems, skippedLines, streams } = await collect(workspace);
    expect([problems, skippedLines, streams[0]?.activity.callCount]).toEqual([[], 0, 1]);
  });

  it("pass over records of other kinds, and files of other endings", async () => {
    const workspace = makeWorkspace();
    workspace.log("notes.jsonl", { note: "no tool here" }, { type: "tool_use", tool: "edit" });
    workspace.log("calls.json", toolCall(5, { status: "ok" }));
    workspace.log("readme.txt", "hello");
    expect(await collect(workspace)).toMatchObject({ streams: [], problems: [], skippedLines: 0 });
  });

  it("never take the monitor's own log for evidence", async () => {
    const workspace = makeWorkspace();
    workspace.log("background_monitoring.jsonl", toolCall(5, { status: "ok" }), "torn {");
    expect(await collect(workspace)).toMatchObject({ streams: [], problems: [], skippedLines: 0 });
  });

  it("report a log that is no file, and read the others", async () => {
    const workspace = makeWorkspace();
    workspace.log("calls.jsonl", toolCall(5, { status: "ok" }));
    mkdirSync(workspace.path(".agents/logs/folder.jsonl"));
    Bun.spawnSync(["mkfifo", workspace.path(".agents/logs/pipe.jsonl")]);
    const { problems, streams } = await collect(workspace);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "not_a_file .agents/logs/folder.jsonl",
      "not_a_file .agents/logs/pipe.jsonl",
    ]);
    expect(streams).toHaveLength(1);
  });

  it("take nothing from keys that name parts of every object", async () => {
    const evil = `{"__proto__":{"task_id":"bg_evil"},"tool":"read","timestamp":${now},"constructor":{"task_id":"x"},"status":"ok"}`;
    const workspace = makeWorkspace();
    workspace.log("calls.jsonl", evil);
    expect((await collect(workspace)).streams).toMatchObject([
      { identity: { taskId: null }, role: "evidence" },
    ]);
  });
});
