import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HealthReport } from "../../src/core/report/report.ts";
import { look, nowText, status, workspaceWith } from "../support/filled-workspace.ts";
import { cli, run, runMonitor } from "../support/program.ts";
import { now } from "../support/sample-clock.ts";
import { makeWorkspace } from "../support/workspace.ts";

describe("output", () => {
  it("--json is one document of its schema and nothing else", async () => {
    const { stdout, stderr } = await look(workspaceWith("healthy", "failed", "unreadable"), "--json");
    const report = HealthReport.parse(JSON.parse(stdout));
    const { total, ...counts } = report.summary;
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(total);
    expect([total, stderr]).toEqual([3, ""]);
  });

  it("is the same for the same input", async () => {
    const workspace = workspaceWith("healthy", "stuck", "failed", "unreadable");
    const [first, second] = await Promise.all([look(workspace), look(workspace)]);
    expect(second).toEqual(first);
  });

  it.each([
    ["none in a pipe", {}, [], false],
    ["some with FORCE_COLOR, also against NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, [], true],
    ["none with --no-color against FORCE_COLOR", { FORCE_COLOR: "1" }, ["--no-color"], false],
  ])("has colours: %s", async (_, env, words, expected) => {
    const workspace = workspaceWith("failed");
    const { stdout } = await runMonitor(
      ["--root", workspace.root, "--now", nowText, "--no-record", ...words],
      { env },
    );
    expect(stdout.includes("\u001b[")).toBe(expected);
  });

  it("--ascii writes words instead of signs", async () => {
    const { stdout } = await look(
      workspaceWith("healthy", "stuck", "failed", "completed", "unknown"),
      "--ascii",
    );
    expect(stdout).toMatch(/^[\n -~]+$/);
    expect(stdout).toContain("[14:32] failed (.worktrees/failed): Failed - ");
  });

  it("never passes on escape sequences or secrets from files", async () => {
    const workspace = makeWorkspace();
    const escapes = "\u001b]0;x\u0007\u001b[2J\u202e\r\n";
    const evil = `${escapes}API_KEY=abcd1234`;
    const evilName = `${escapes}ghp_16C7e42F292c6912abcd1234`;
    workspace.status("a", {
      ...status("failed"),
      title: `T${evil}`,
      error: evil,
      taskId: `bg_1${evilName}`,
      branch: evilName,
      status: "failed",
    });
    workspace.log("delegation_requests.jsonl", {
      request_id: "r\u001b[2J",
      prompt_summary: evil,
      timestamp: now,
    });
    const all = [
      await look(workspace),
      await look(workspace, "--json"),
      await look(workspace, "--explain", "T"),
    ];
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(all.map(({ stdout }) => stdout).join("")).not.toMatch(/[^\n\P{Cc}]|\u202e|\\u001b|abcd1234/u);
  });

  it("finds a task by its name as written, and repeats no token of what was asked", async () => {
    const workspace = makeWorkspace();
    const token = "ghp_16C7e42F292c6912abcd1234";
    workspace.status("a", { ...status("failed"), taskId: `bg_${token}` });
    const [found, missed] = [
      await look(workspace, "--explain", `bg_${token}`),
      await look(workspace, "--explain", `no_${token}`),
    ];
    expect([found.exitCode, missed.exitCode]).toEqual([0, 3]);
    expect(missed.stderr).toMatch(/^monitor: --explain no_\[redacted:\w{4}\]: no task/);
    expect(found.stdout + missed.stderr).not.toContain("16C7e42F");
  });

  it("gives a GitHub runner nothing to obey, on either stream", async () => {
    const workspace = makeWorkspace();
    workspace.status("a", { ...status("running"), title: "A ##[error]x", taskId: "bg_1##[add-mask]14" });
    const env = { GITHUB_ACTIONS: "true" };
    const looks = [["--all"], ["--json"], ["--explain", "bg_1"], ["--explain", "no##[error]ne"]];
    for (const args of looks) {
      const { stdout, stderr } = await run(
        ["bun", cli, "--root", workspace.root, "--now", nowText, ...args],
        { env },
      );
      const obeyed = stdout.replace(/::stop-commands::(\S+)\n[\s\S]*\n::\1::\n/, "") + stderr;
      expect(obeyed).not.toContain("##[");
    }
  });

  it("ends quietly when its reader went away", async () => {
    const workspace = workspaceWith();
    Array.from({ length: 300 }, (_, index) => workspace.status(`w${index}`, status("failed")));
    const words = [cli, "--root", workspace.root, "--now", nowText, "--no-record"];
    const { stdout, stderr } = await run([
      "bash",
      "-c",
      'bun "$@" | head -1; echo "exit $PIPESTATUS"',
      "bash",
      ...words,
    ]);
    expect(stdout).toMatch(/^\[14:32\] w0 .+\nexit 0\n$/);
    expect(stderr).toBe("");
  });

  it.runIf(existsSync("/dev/full"))("does not end well when the report finds no room", async () => {
    const words = [cli, "--root", workspaceWith("healthy").root, "--no-record"];
    expect(await run(["sh", "-c", 'bun "$@" > /dev/full', "sh", ...words])).toEqual({
      stdout: "",
      stderr: "monitor: the report cannot be printed (ENOSPC); free the output\n",
      exitCode: 3,
    });
  });

  it.each([
    ["nothing", ["--quiet"]],
    ["a report", []],
  ])("adds %s to the end of a file", async (_, options) => {
    const workspace = workspaceWith("healthy");
    const file = join(workspace.root, "cron.log");
    writeFileSync(file, "what stood there before\n");
    const words = [cli, "--root", workspace.root, "--now", nowText, "--no-record", ...options];
    await run(["sh", "-c", 'bun "$@" >> "$0"', file, ...words]);
    const { stdout } = await look(workspace, ...options);
    expect(readFileSync(file, "utf8")).toBe(`what stood there before\n${stdout}`);
  });

  it("gives a pipe every byte of a long report", async () => {
    const workspace = workspaceWith();
    Array.from({ length: 300 }, (_, index) => workspace.status(`w${index}`, status("failed")));
    const words = [cli, "--root", workspace.root, "--now", nowText, "--no-record", "--json"];
    const { stdout } = await run(["bash", "-c", 'bun "$@" | cat', "bash", ...words]);
    expect(stdout.length).toBeGreaterThan(200_000);
    expect(JSON.parse(stdout).tasks).toHaveLength(300);
  });
});
