import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HealthReport } from "../../src/core/report/report.ts";
import { look, status, workspaceWith } from "../support/filled-workspace.ts";
import { cli, projectFolder, runMonitor } from "../support/program.ts";
import { minute, now } from "../support/sample-clock.ts";
import { git, makeWorkspace } from "../support/workspace.ts";

const version = readFileSync(join(projectFolder, "package.json"), "utf8").match(/"version": "(.+?)"/)?.[1];

describe("exit codes", () => {
  it.each([
    [["healthy", "completed"], 0],
    [["stuck", "failed", "unknown"], 2],
    [["healthy", "unknown"], 3],
    [["healthy", "unreadable"], 3],
    [["unreadable", "stuck"], 1],
  ])("with --check %j is %i", async (kinds, expected) => {
    const { exitCode, stdout, stderr } = await look(workspaceWith(...kinds), "--check", "--quiet");
    expect([exitCode, stdout, stderr]).toEqual([expected, "", ""]);
  });

  it("without --check is 0 whatever was found", async () => {
    const { exitCode, stdout, stderr } = await look(workspaceWith("stuck", "failed", "unreadable"));
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^\[14:32\]/gm)).toHaveLength(3);
  });
});

describe("options", () => {
  it.each([
    [["--since", "soon"], "--since", "15m"],
    [["--root", "/srv/demo/no such folder"], "--root /srv/demo/no such folder", "folder"],
    [["--root", cli], "--root", "folder"],
    [["--explain", "bg_nobody"], "--explain bg_nobody", "no task"],
    [["--explain", "bg_nobody", "--quiet"], "--explain", "--quiet"],
    [["--json", "--line"], "--line", "--json"],
    [["--chek"], "--chek", "--check"],
    [["bg_1 a"], "bg_1 a", "--explain 'bg_1 a'"],
  ])("%j are refused in one line that says what is wrong and what is right", async (words, named, right) => {
    const { exitCode, stdout, stderr } = await runMonitor(["--no-record", ...words], {
      cwd: makeWorkspace().root,
    });
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^monitor: [^\n]+\n$/);
    expect(stderr).toContain(named);
    expect(stderr).toContain(right);
  });

  it("--version prints the version", async () => {
    expect(await runMonitor(["--version"])).toEqual({ stdout: `${version}\n`, stderr: "", exitCode: 0 });
  });

  it("--help names every option and every exit code", async () => {
    const { exitCode, stdout } = await runMonitor(["--help"]);
    expect(exitCode).toBe(0);
    expect(
      stdout.match(/^ {2}(?:-\w, )?--[a-z-]+/gm)?.map((option) => option.replace(/^.*(?=--)/, "")),
    ).toEqual(
      expect.arrayContaining(
        "--root --worktrees --since --failures --stuck-after --all --json --line --changed --explain --review --prometheus --check --quiet --no-record --no-color --ascii --now --procfs --version --help".split(
          " ",
        ),
      ),
    );
    expect(stdout.match(/^ {2}[0-3] {2}/gm)).toHaveLength(4);
  });

  it("change what counts: --stuck-after, --failures, --since", async () => {
    const workspace = workspaceWith("stuck");
    workspace.log(
      "calls.jsonl",
      ...[3, 2].map((ago) => ({ task_id: "bg_1", tool: "edit", timestamp: now - ago * minute, ok: false })),
    );
    workspace.status("old", status("completed", 30 * 60 * minute));
    const words = ["--stuck-after", "1h", "--failures", "2", "--since", "2d", "--json"];
    const { tasks } = HealthReport.parse(JSON.parse((await look(workspace, ...words)).stdout));
    expect(tasks.map(({ health, reason }) => `${health}/${reason}`)).toEqual([
      "struggling/tool_failures",
      "healthy/queued",
      "completed/reported_completed",
    ]);
  });

  it("--worktrees replaces the pattern and may be repeated", async () => {
    const workspace = workspaceWith("healthy");
    workspace.write("x/1/status.json", "{}");
    workspace.write("y/2/status.json", "{}");
    const { stdout } = await look(
      workspace,
      "--worktrees",
      "x/*/status.json",
      "--worktrees",
      "y/*/status.json",
    );
    expect(stdout.match(/\((.+?)\)/g)?.slice(0, 2)).toEqual(["(x/1)", "(y/2)"]);
    expect(stdout).not.toContain("healthy (");
  });

  it("default to the project that the current folder's worktree belongs to", async () => {
    const workspace = workspaceWith("healthy");
    git(workspace.root, "init", "-q");
    git(workspace.root, "commit", "-q", "--allow-empty", "-m", "x");
    git(workspace.root, "worktree", "add", "-q", "linked");
    const { stdout } = await runMonitor(["--json", "--no-record"], { cwd: workspace.path("linked") });
    expect(JSON.parse(stdout).run.root).toBe(workspace.root);
  });
});
