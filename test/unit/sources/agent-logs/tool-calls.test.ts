import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collectLogs, readCalls, toolCall } from "../../../support/launcher-logs.ts";
import { now } from "../../../support/sample-clock.ts";
import { makeWorkspace } from "../../../support/workspace.ts";

describe("the tool calls of agent logs", () => {
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
    [{}, "edit"],
    [{ type: "tool_use" }, undefined],
  ])("take a call by its tool_name, but not of what an agent printed: %j", async (given, tool) => {
    const call = { ...toolCall(10, given), tool: undefined, tool_name: "edit", success: false };
    expect((await readCalls(call))?.lastCall?.tool).toBe(tool);
  });

  it.each([
    [{ tool: { name: "edit" } }, "edit"],
    [{ name: "edit", args: { command: "make" } }, "edit"],
    [{ function: "edit", input: { command: "make" } }, "edit"],
    [{ name: "edit", args: { command: "make" }, type: "tool_use" }, undefined],
    [{ name: "Build the parser" }, undefined],
    [{ name: "Build the parser", args: "--fast" }, undefined],
  ])(
    "take a call by its name only beside what it was given, else it may be a task's: %j",
    async (given, tool) => {
      const call = { ...toolCall(10), tool: undefined, args: undefined, status: "failed", ...given };
      expect((await readCalls(call))?.lastCall?.tool).toBe(tool);
    },
  );

  it.each([
    ["args", { args: { path: "src/a.ts" } }],
    ["input", { input: { path: "src/a.ts" } }],
    ["tool_input", { tool_input: { path: "src/a.ts" } }],
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

  it.each(["2026-11-22T14:30:00", "2026-11-22 14:30:00,123", "2026-11-22T14:30:00.123456"])(
    "are read where a time is %s, without a zone",
    async (timestamp) => {
      const { lastActivityAt } = (await readCalls(toolCall(0, { timestamp, status: "ok" }))) ?? {};
      const at = Date.parse("2026-11-22T14:30:00Z");
      expect([at, at + 123]).toContain(lastActivityAt);
    },
  );

  it("keep a call open that has only started, until its record of an end", async () => {
    const started = toolCall(20, { status: "running", call_id: "c1" });
    expect((await readCalls(started))?.openCalls).toMatchObject([{ tool: "edit", callId: "c1" }]);
    const activity = await readCalls(started, toolCall(10, { status: "ok", call_id: "c1" }));
    expect(activity).toMatchObject({ openCalls: [], callCount: 1 });
  });

  /** What a hook is given, with the time at which it was written down. */
  const hook = (agoS: number, name: string, given: object = {}) => ({
    ...toolCall(agoS),
    ...{ tool: undefined, args: undefined, tool_name: "Bash", hook_event_name: name },
    ...{ tool_input: { command: "make" }, ...given },
  });

  it.each([
    ["PostToolUse", { tool_response: { stdout: "done" } }, "ok"],
    ["PostToolUse", { tool_response: "done" }, "ok"],
    ["PostToolUse", { tool_response: { success: false } }, "failed"],
    ["PostToolUseFailure", { error: "exit 2" }, "failed"],
    ["PostToolUseFailure", {}, "failed"],
    ["AfterTool", { tool_response: { llmContent: "done" } }, "ok"],
    ["AfterTool", { tool_response: { error: { message: "no" } } }, "failed"],
    ["Notification", {}, "neutral"],
  ])("take what the hook %s was given for a call that ended: %j", async (name, given, outcome) => {
    expect((await readCalls(hook(10, name, given)))?.lastCall?.outcome).toBe(outcome);
  });

  it("count the two records of a call once, which hooks write before and after it", async () => {
    const id = { tool_use_id: "t1" };
    const before = hook(20, "PreToolUse", id);
    expect((await readCalls(before))?.openCalls).toMatchObject([{ tool: "Bash", target: "make" }]);
    expect(await readCalls(before, hook(10, "PostToolUse", id))).toMatchObject({
      openCalls: [],
      callCount: 1,
    });
  });

  it("leave no call open that has no id", async () => {
    const both = [hook(20, "PreToolUse"), hook(10, "PostToolUse")];
    expect(await readCalls(...both)).toMatchObject({ openCalls: [], callCount: 1 });
  });

  it("tell calls of hooks apart by what was answered", async () => {
    const answered = (text: string) => hook(10, "PostToolUse", { tool_response: { stdout: text } });
    const [one, other] = [await readCalls(answered("a b")), await readCalls(answered("a c"))];
    expect(one?.lastCall?.resultHash).not.toBe(other?.lastCall?.resultHash);
  });

  it.each([
    ["ts", now / 1_000 - 10],
    ["time", new Date(now - 10_000).toISOString()],
  ])("take the time of a call from its %s", async (key, value) => {
    const call = { ...toolCall(0, { status: "ok" }), timestamp: undefined, [key]: value };
    expect((await readCalls(call))?.lastActivityAt).toBe(now - 10_000);
  });

  it("take no number called time for when it was", async () => {
    const call = { ...toolCall(0, { status: "ok" }), timestamp: undefined, time: 1_200 };
    expect(await readCalls(call)).toBeUndefined();
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
    const { streams } = await collectLogs(workspace);
    const { identity } = streams[0] ?? {};
    const short = { ...identity, worktree: identity?.worktree?.split("/").at(-1) ?? null };
    expect(short).toMatchObject(expected);
  });
});
