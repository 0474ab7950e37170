import { rmSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { joinTasks } from "../../../src/core/join/task.ts";
import { assess } from "../../../src/core/verdict/health.ts";
import { codex } from "../../../src/sources/codex/index.ts";
import { geminiCli } from "../../../src/sources/gemini-cli/index.ts";
import { worktreeFiles } from "../../../src/sources/worktree-files/index.ts";
import { layOut } from "../../support/laid-out-home.ts";

const laidOut: string[] = [];
const sources = { codex, "gemini-cli": geminiCli, "worktree-files": worktreeFiles };

afterEach(() => {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

// No process runs in any of these homes: what is open there was left behind.
it.each([
  ["codex", "contract", "completed"],
  ["codex", "failures-0.169.0", "failed"],
  ["codex", "api-failure", "failed"],
  ["codex", "usage-limit", "failed"],
  ["codex", "no-answer-0.140.0", "failed"],
  ["codex", "compacted-0.140.0", "completed"],
  ["codex", "interrupted", "cancelled"],
  ["codex", "plan-to-approve", "waiting"],
  ["codex", "background-reaped", "completed"],
  ["codex", "weak-end-0.77.0", "completed"],
  ["codex", "mid-turn-0.77.0", "failed"],
  ["codex", "sub-agent", "failed"],
  ["codex", "exec-log", "healthy"],
  ["codex", "exec-log-failed", "failed"],
  ["codex", "exec-log-beside-0.77.0", "failed"],
  ["gemini-cli", "contract", "completed"],
  ["gemini-cli", "tool-runs-unseen", "failed"],
  ["gemini-cli", "cancelled", "cancelled"],
  ["gemini-cli", "api-error", "failed"],
  ["gemini-cli", "stream-log", "healthy"],
] as const)("%s/%s is %s when no process runs", async (agent, name, health) => {
  const home = layOut(agent, name);
  laidOut.push(home.base);
  const context = home.context();
  const { streams } = await sources[agent].collect(context);
  const found = { readings: [], delegations: [], streams, processes: new Map(), resolveWorktree: () => null };
  const { tasks } = joinTasks(found);
  const healths = tasks.map(
    (task) => assess(task, context.now, { failures: 3, stuckAfterMs: 900_000 }).health,
  );
  expect(healths).toEqual([health]);
});

it("does not let changed files keep a silent session healthy", async () => {
  const home = layOut("codex", "exec-log");
  const touched = layOut("worktree-files", "contract");
  laidOut.push(home.base, touched.base);
  const now = home.context().now + 3_600_000;
  const [log] = (await codex.collect(home.context({ now }))).streams;
  const [files] = (await worktreeFiles.collect(touched.context({ now }))).streams;
  const session = log ?? expect.unreachable();
  const changed = files ?? expect.unreachable();
  const worktree = changed.identity.worktree;
  const streams = [
    { ...session, identity: { ...session.identity, worktree } },
    { ...changed, activity: { ...changed.activity, lastActivityAt: now - 1_000 } },
  ];
  const found = { readings: [], delegations: [], streams, processes: new Map(), resolveWorktree: () => null };
  const { tasks } = joinTasks(found);
  const healths = tasks.map((task) => assess(task, now, { failures: 3, stuckAfterMs: 900_000 }).health);
  expect(healths).toEqual(["stuck"]);
});
