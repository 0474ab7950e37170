import { join } from "node:path";
import { expect, it } from "vitest";
import { joinTasks } from "../../../../src/core/join/task.ts";
import { assess } from "../../../../src/core/verdict/health.ts";
import { addProcess, collect, makeHome, now, Rows, store } from "./home.ts";

it("waits once for each launch that has no session yet", async () => {
  const home = makeHome();
  const launch = (description: string) => ({
    type: "tool",
    tool: "task",
    callID: description,
    at: -30,
    state: {
      status: "running",
      input: { description, subagent_type: "explore", run_in_background: true },
      time: { start: -30 },
    },
  });
  const open = { role: "assistant", at: -31, parts: [launch("First"), launch("Second")] };
  const asked = { role: "user", at: -40, parts: [{ type: "text", text: "Look" }] };
  const directory = "@/.worktrees/flag";
  store(
    home,
    "sqlite",
    Rows.parse([{ id: "parent", directory, title: "Main", at: -40, messages: [asked, open] }]),
  );
  addProcess(home, 4242, { holds: [join(home.data, "opencode.db")], cwd: home.root, startedAt: -3_600 });
  const { streams } = await collect(home);
  const found = {
    readings: [],
    delegations: [],
    streams,
    processes: new Map(),
    resolveWorktree: () => null,
  };
  const findings = joinTasks(found).tasks.map(
    (task) => assess(task, now, { failures: 3, stuckAfterMs: 900_000 }).verdict.finding,
  );
  expect(findings).toContainEqual({ code: "child_running", what: "First", count: 2 });
});
