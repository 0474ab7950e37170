import { appendFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { agentLogs } from "../../../../src/sources/agent-logs/index.ts";
import { claudeCode } from "../../../../src/sources/claude-code/index.ts";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import { clear, first, lay, look, session } from "./looking.ts";

afterEach(clear);

describe("a launcher's stream-json log", () => {
  it.each([
    ["log-failed", { outcome: "failure", message: "API Error: 529 Overloaded" }],
    ["log-interrupted", { outcome: "cancelled" }],
    ["log-two-results", { outcome: "success", message: null }],
  ])("ends %s by its last result, not by its subtype", async (name, ended) => {
    const home = lay(name);
    const stream = await first(home);
    expect(stream).toMatchObject({
      role: "task",
      identity: { sessionId: session, worktree: home.worktree },
      activity: { ended },
    });
  });

  it("is of the task that its name says", async () => {
    const home = lay("log-failed");
    const logs = join(home.project, ".agents", "logs");
    renameSync(join(logs, "run-1.jsonl"), join(logs, "bg_a1.jsonl"));
    expect((await first(home)).identity).toMatchObject({ taskId: "bg_a1", worktree: home.worktree });
  });

  it("leaves its bad lines to the source that reads every log", async () => {
    const home = lay("log-failed");
    appendFileSync(join(home.project, ".agents", "logs", "run-1.jsonl"), "torn\n");
    const readings = await Promise.all([claudeCode, agentLogs].map(({ collect }) => collect(home.context())));
    expect(readings.map(({ skippedLines }) => skippedLines)).toEqual([0, 1]);
  });

  it("keeps a task open after a result, but no command that the turn waits for", async () => {
    const { activity } = await first(lay("log-task-open"));
    expect(activity.children).toMatchObject([{ id: "a1", kind: "agent", endedAt: null }]);
  });

  it("leaves the calls of a sub-agent to the sub-agent", async () => {
    expect((await first(lay("log-two-results"))).activity).toMatchObject({ callCount: 1, failureCount: 0 });
  });

  it("takes the file's time where records have none", async () => {
    const { activity } = await first(lay("log-untimed-2.0.76"));
    expect(activity).toMatchObject({ lastActivityAt: writtenAt, openCalls: [{ target: "bun test" }] });
  });

  it("tells of calls that its settings denied, once", async () => {
    const says = "Claude requested permissions to write to a.ts, but you haven't granted it yet.";
    const content = [{ type: "tool_result", tool_use_id: "none", content: says, is_error: true }];
    const denied = { type: "user", message: { role: "user", content }, session_id: session };
    const deny = (home: LaidOutHome) => {
      appendFileSync(join(home.project, ".agents/logs/run-1.jsonl"), `${JSON.stringify(denied)}\n`);
      return home;
    };
    const notesOf = async (name: string) => (await look(deny(lay(name)))).flatMap(({ notes }) => notes);
    expect(await notesOf("log-two-results")).toEqual([expect.stringMatching(/^1 of \d+ calls denied/)]);
    expect(await notesOf("log-beside")).toEqual([]);
  });

  const alsoSays = (...records: readonly object[]) => {
    const home = lay("log-two-results");
    const lines = records.map((record) => `${JSON.stringify({ session_id: session, ...record })}\n`);
    appendFileSync(join(home.project, ".agents/logs/run-1.jsonl"), lines.join(""));
    return first(home);
  };
  const result = (more: object) => ({
    type: "result",
    subtype: "success",
    is_error: false,
    result: "",
    ...more,
  });

  it("tells of denied calls by their records, whatever the words, once", async () => {
    const denied = { type: "system", subtype: "permission_denied", tool_name: "Bash", tool_use_id: "d1" };
    const denials = [{ tool_use_id: "d1" }, { tool_use_id: "d2" }];
    const { notes } = await alsoSays(denied, result({ permission_denials: denials }));
    expect(notes).toEqual([expect.stringMatching(/^2 of \d+ calls denied/)]);
  });

  it.each([
    [
      "an error without a turn",
      { subtype: "error_during_execution", is_error: true, num_turns: 0 },
      "success",
      null,
    ],
    ["a hook", { terminal_reason: "hook_stopped" }, "cancelled", "stopped by a hook"],
    [
      "a limit of turns",
      {
        subtype: "error_max_turns",
        is_error: true,
        result: null,
        errors: ["Reached maximum number of turns (2)"],
      },
      "failure",
      "Reached maximum number of turns (2)",
    ],
  ])("ends after %s", async (_, last, outcome, message) => {
    expect((await alsoSays(result(last))).activity.ended).toMatchObject({ outcome, message });
  });

  it("has failed when the run ended over its sub-agents", async () => {
    const launched = {
      type: "system",
      subtype: "task_started",
      task_id: "a2",
      task_type: "local_agent",
      description: "Port",
    };
    const words = {
      id: "m9",
      role: "assistant",
      content: [{ type: "text", text: "I wait." }],
      stop_reason: "end_turn",
    };
    const stopped = { type: "system", subtype: "task_notification", task_id: "a2", status: "stopped" };
    const { activity } = await alsoSays(
      launched,
      { type: "assistant", message: words },
      stopped,
      result({ result: "I wait." }),
    );
    expect(activity.ended).toMatchObject({
      outcome: "failure",
      message: "ended over what it waited for: Port",
    });
  });

  it("is only evidence where the session's transcript is there", async () => {
    const streams = await look(lay("log-beside"));
    expect(streams.map(({ role }) => role)).toEqual(["task", "evidence"]);
  });
});
