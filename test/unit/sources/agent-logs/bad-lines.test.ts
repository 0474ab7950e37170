import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collectLogs, toolCall } from "../../../support/launcher-logs.ts";
import { makeWorkspace } from "../../../support/workspace.ts";

describe("agent logs with something unreadable in them", () => {
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
    const { problems, skippedLines, streams, delegations } = await collectLogs(workspace);
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
    const { problems, skippedLines } = await collectLogs(workspace);
    expect([problems.map(({ code, line }) => [code, line]), skippedLines]).toEqual([[["bad_line", 2]], 1]);
  });

  it("name 20 bad lines of a file, and count the rest", async () => {
    const workspace = makeWorkspace();
    workspace.log("calls.jsonl", ...Array.from({ length: 50 }, () => "garbage"));
    const { problems, skippedLines } = await collectLogs(workspace);
    expect([problems.length, problems.at(-1)?.message, skippedLines]).toEqual([21, "30 more bad lines", 50]);
  });

  it("leave a torn last line to its writer", async () => {
    const workspace = makeWorkspace();
    workspace.write(
      ".agents/logs/calls.jsonl",
      `${JSON.stringify(toolCall(9, { status: "ok" }))}\n${JSON.stringify(toolCall(8)).slice(0, 30)}`,
    );
    const { problems, skippedLines, streams } = await collectLogs(workspace);
    expect([problems, skippedLines, streams[0]?.activity.callCount]).toEqual([[], 0, 1]);
  });

  it("report a log that is no file, and read the others", async () => {
    const workspace = makeWorkspace();
    workspace.log("calls.jsonl", toolCall(5, { status: "ok" }));
    mkdirSync(workspace.path(".agents/logs/folder.jsonl"));
    Bun.spawnSync(["mkfifo", workspace.path(".agents/logs/pipe.jsonl")]);
    const { problems, streams } = await collectLogs(workspace);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "not_a_file .agents/logs/folder.jsonl",
      "not_a_file .agents/logs/pipe.jsonl",
    ]);
    expect(streams).toHaveLength(1);
  });
});
