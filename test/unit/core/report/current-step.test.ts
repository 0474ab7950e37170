import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { minute, now, second } from "../../../support/sample-clock.ts";
import { called, measure, session } from "../../../support/sample-progress.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { root, sampleReading } from "../../../support/sample-task.ts";

describe("the current step", () => {
  it.each([
    ["read", { path: `${root}/.worktrees/a/src/db/index.ts` }, "reading src/db/index.ts"],
    ["edit", { file_path: "src/app.ts" }, "editing src/app.ts"],
    ["write", { filePath: "src/app.ts" }, "editing src/app.ts"],
    ["grep", { pattern: "retry" }, "searching the code"],
    ["bash", { command: "rg retry src" }, "searching the code"],
    ["bash", { command: "bun test test/io" }, "running tests"],
    ["bash", { command: "npx tsc --noEmit" }, "running checks"],
    ["bash", { command: "npm install" }, "installing packages"],
    ["bash", { command: "make all" }, "building"],
    ["bash", { command: "git add -A && npm add x" }, "changing files"],
    ["bash", { command: "pip freeze" }, "running pip"],
    ["bash", { command: "add x" }, "running add"],
    ["bash", { command: "$(x)" }, "running a command"],
    ["bash", { command: "git push origin main" }, "running git push"],
    ["bash", { command: "cd web && ./deploy.sh now" }, "running ./deploy.sh"],
    ["bash", { command: "rm -rf build" }, "changing files"],
    ["bash", { command: "sleep 30" }, "waiting for a command"],
    ["bash", null, "running a command"],
    ["read", null, "reading files"],
    ["mcp__browser__click", null, "running mcp__browser__click"],
    ["todowrite", { todos: [] }, null],
  ])("is told from %s %j", (tool, raw, words) => {
    expect(measure(session(...called(tool, raw))).activity).toBe(words);
  });

  it("ends with its call: the model is waited for then, since the call or what was said to it last", () => {
    const edited = called("edit", { path: "src/app.ts" }, false);
    expect(measure(session(...edited)).activity).toBe("waits for the model for 1m");
    const asked: AgentEvent = { type: "user_message", at: now - 20 * second };
    expect(measure(session(...edited, asked)).activity).toBe("waits for the model for 20s");
  });

  it.each<[string, AgentEvent]>([
    ["after its own words", { type: "said", at: now - second, text: "Now the tests." }],
    [
      "after the end of its turn",
      { type: "turn_ended", at: now - second, outcome: "success", message: null, answer: null },
    ],
  ])("is not known %s", (_, last) => {
    expect(measure(session(...called("edit", { path: "src/app.ts" }, false), last)).activity).toBeNull();
  });

  it("is the last one of a log that writes only what has ended, for two minutes", () => {
    const log = (agoMs: number) => {
      const digest = { kind: "obs", isSearch: true, argsHash: null } as const;
      const events: AgentEvent[] = [
        { type: "call_started", at: now - agoMs, callId: "c", tool: "grep", input: { digest } },
        { type: "call_ended", at: now - agoMs, callId: "c", outcome: "ok", output: null },
      ];
      return { streams: [sampleStream("agent_logs", { kind: "log", events })] };
    };
    expect(measure(log(2 * minute - 1)).activity).toBe("searching the code");
    expect(measure(log(2 * minute)).activity).toBeNull();
  });

  it("is the folder when two reads in a row are of one folder", () => {
    const reads = [
      ...called("read", { path: "src/db/a.ts" }, false),
      ...called("read", { path: "src/db/b.ts" }),
    ];
    expect(measure(session(...reads)).activity).toBe("reading src/db");
  });

  it.each([
    ["of two folders", { path: "src/db/a.ts" }, { path: "src/io/b.ts" }, "reading src/io/b.ts"],
    ["of no folder", { path: "a.ts" }, { path: "b.ts" }, "reading b.ts"],
    ["of a command", { path: "src/db/a.ts" }, { command: "cat src/db/b.ts" }, "reading files"],
    ["of one folder", { path: "src/db/a.ts" }, { path: "src/db/b.ts" }, "reading src/db"],
  ])("is told from two reads %s", (_, first, second, words) => {
    expect(measure(session(...called("read", first, false), ...called("read", second))).activity).toBe(words);
  });

  it.each([
    [
      "an edit before",
      called("edit", { path: "src/db/a.ts" }, false),
      called("read", { path: "src/db/b.ts" }),
      "reading src/db/b.ts",
    ],
    [
      "an edit after",
      called("read", { path: "src/db/a.ts" }, false),
      called("edit", { path: "src/db/b.ts" }),
      "editing src/db/b.ts",
    ],
    [
      "a search before",
      called("grep", { path: "src/db/a.ts" }, false),
      called("read", { path: "src/db/b.ts" }),
      "reading src/db/b.ts",
    ],
    [
      "a search after",
      called("read", { path: "src/db/a.ts" }, false),
      called("grep", { path: "src/db/b.ts" }),
      "searching the code",
    ],
  ])("is not the folder of a read with %s", (_, first, second, words) => {
    expect(measure(session(...first, ...second)).activity).toBe(words);
  });

  it.each([
    ["60 letters", 60, `editing ${"a".repeat(60)}`],
    ["61 letters", 61, `editing ${"a".repeat(59)}…`],
  ])("keeps of a target %s", (_, length, words) => {
    expect(measure(session(...called("edit", { path: "a".repeat(length) }))).activity).toBe(words);
  });

  it.each([
    ["30 letters", 30, `running ${"a".repeat(30)}`],
    ["31 letters", 31, `running ${"a".repeat(29)}…`],
  ])("keeps of a program %s", (_, length, words) => {
    expect(measure(session(...called("bash", { command: "a".repeat(length) }))).activity).toBe(words);
  });

  it.each([
    ["older than the plan's", now - 2 * minute, "write the index"],
    ["as old as the plan's", now - minute, "write the index"],
    ["newer than the plan's", now, "analyzing codebase"],
    ["of no time", null, "write the index"],
  ])("is the plan's or the claim's, where the claim's words are %s", (_, updatedAt, words) => {
    const plan: AgentEvent = {
      type: "plan_changed",
      at: now - minute,
      done: 1,
      total: 3,
      step: "write the index",
    };
    const status = sampleReading("a", { step: "analyzing codebase", updatedAt });
    expect(measure({ ...session(plan), status }).activity).toBe(words);
  });

  it("is shortened to the worktree of the claim where the session has none", () => {
    const read = called("read", { path: `${root}/.worktrees/a/src/x.ts` });
    const task = { status: sampleReading("a"), streams: [sampleStream("t", { events: read })] };
    expect(measure(task).activity).toBe("reading src/x.ts");
  });

  it("is the claim's own words where it has some", () => {
    const status = sampleReading("a", { step: "analyzing codebase" });
    expect(measure({ ...session(...called("grep", { pattern: "x" })), status }).activity).toBe(
      "analyzing codebase",
    );
  });
});
