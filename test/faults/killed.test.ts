import { existsSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readEventLog } from "../../src/io/event-log.ts";
import { projectFolder, run, runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";
import { readEventLines, Seen, untold } from "./event-lines.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
const minute = 60_000;
const timeAt = (ms: number) => new Date(ms).toISOString();
const words = ["running", "failed", "created", "timeout"];
const eventLog = ".agents/logs/background_monitoring.jsonl";
const bun = join(projectFolder, "node_modules/.bin/bun");
const cli = join(projectFolder, "src/cli.ts");
/** The monitor under strace, which injects what these words say. */
const injected = (...words: readonly string[]) => ["strace", "-f", "-o", "/dev/null", ...words, bun, cli];
const hasStrace = existsSync("/usr/bin/strace");

function fill(workspace: Workspace, round: number): void {
  for (const index of [0, 1, 2, 3])
    workspace.status(`w${index}`, {
      status: words[(index + round) % words.length],
      taskId: `bg_${index}`,
      timestamp: now,
    });
}

/** Runs that are killed at ever later moments; each whole line that stood before must stand after. */
async function killRuns(workspace: Workspace, times: number): Promise<number> {
  let lost = 0;
  for (let round = 0; round < times; round += 1) {
    fill(workspace, round);
    const before = wholeLines(workspace);
    const child = Bun.spawn([bun, cli, "--root", workspace.root, "--now", timeAt(now + round * minute)], {
      stdout: "ignore",
      stderr: "ignore",
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20 + round * 12);
    await child.exited;
    clearTimeout(timer);
    const after = wholeLines(workspace);
    if (before.some((line, index) => line !== after[index])) lost += 1;
  }
  return lost;
}

function wholeLines(workspace: Workspace): string[] {
  const path = workspace.path(eventLog);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

it("loses no record when it is killed at any moment", async () => {
  const workspace = makeWorkspace();
  expect(await killRuns(workspace, 12)).toBe(0);
  const { exitCode } = await runMonitor(["--root", workspace.root, "--now", timeAt(now + 60 * minute)]);
  const { events, skippedLines } = readEventLog(workspace.path(eventLog));
  expect([exitCode, skippedLines]).toEqual([0, 0]);
  expect(events.length).toBeGreaterThan(0);
});

it.skipIf(!hasStrace).each([
  ["EIO", "1+", [".worktrees/w1/status.json", ".agents/logs/calls.jsonl"]],
  ["EACCES", "1+", [".worktrees/w1/status.json", ".agents/logs/calls.jsonl"]],
  ["EINTR", "1..3", []],
])(
  "keeps every row when a file gives %s (injected with strace, where it is installed)",
  async (error, when, unreadable) => {
    const workspace = makeWorkspace();
    fill(workspace, 0);
    workspace.log("calls.jsonl", { tool: "edit", ok: true, task_id: "bg_1", timestamp: now });
    const files = [".worktrees/w1/status.json", ".agents/logs/calls.jsonl"].flatMap((name) => [
      "-P",
      workspace.path(name),
    ]);
    const { stdout, exitCode } = await run(
      injected(...files, "-e", `inject=read,pread64:error=${error}:when=${when}`).concat(
        "--root",
        workspace.root,
        "--now",
        timeAt(now),
        "--no-record",
        "--json",
      ),
    );
    const report = JSON.parse(stdout);
    expect([exitCode, report.tasks.length]).toEqual([0, 4]);
    expect(report.problems.map(({ path }: { path: string }) => path)).toEqual(unreadable);
  },
);

it.skipIf(!hasStrace)(
  "adds nothing to a log that it could not read (injected with strace, where it is installed)",
  async () => {
    const workspace = makeWorkspace();
    fill(workspace, 0);
    await runMonitor(["--root", workspace.root, "--now", timeAt(now)]);
    const before = readFileSync(workspace.path(eventLog), "utf8");
    fill(workspace, 1);
    const later = ["--root", workspace.root, "--now", timeAt(now + minute), "--json"];
    const inject = ["-P", workspace.path(eventLog), "-e", "inject=openat:error=EIO:when=1"];
    const { stdout, stderr, exitCode } = await run(injected(...inject).concat(later));
    expect([exitCode, JSON.parse(stdout).tasks.length]).toEqual([3, 4]);
    expect(stderr).toMatch(/background_monitoring\.jsonl: .*cannot be read \(EIO\)/);
    expect(readFileSync(workspace.path(eventLog), "utf8")).toBe(before);
    const seen = Seen.parse(JSON.parse((await runMonitor(later)).stdout));
    expect(untold(readEventLines(workspace.path(eventLog)), seen)).toEqual([]);
  },
);

it("tells again what was cut off with the end of its last append", async () => {
  const workspace = makeWorkspace();
  fill(workspace, 0);
  await runMonitor(["--root", workspace.root, "--now", timeAt(now)]);
  const { size } = statSync(workspace.path(eventLog));
  fill(workspace, 1);
  await runMonitor(["--root", workspace.root, "--now", timeAt(now + minute)]);
  truncateSync(workspace.path(eventLog), size + 1_000);
  const later = ["--root", workspace.root, "--now", timeAt(now + 2 * minute), "--json"];
  const seen = Seen.parse(JSON.parse((await runMonitor(later)).stdout));
  expect(untold(readEventLines(workspace.path(eventLog)), seen)).toEqual([]);
});
