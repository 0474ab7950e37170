import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, runMonitor } from "../../support/program.ts";
import { now } from "../../support/sample-clock.ts";
import { readStatus, validStatus } from "../../support/status-file.ts";
import { git, makeWorkspace, type Workspace } from "../../support/workspace.ts";

/** What another user than root finds while the mode of `closed` is 000. */
async function readClosed(workspace: Workspace, closed: string, ...patterns: readonly string[]) {
  // Loaded as the user who runs the tests, then read as nobody: root may read everything.
  const script = `
    const { readStatusFiles } = await import(${JSON.stringify(join(import.meta.dirname, "../../../src/io/status-files.ts"))});
    await import(${JSON.stringify(join(import.meta.dirname, "../../../src/io/folders.ts"))});
    await import(${JSON.stringify(join(import.meta.dirname, "../../../src/io/status-file.ts"))});
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    const [root, ...patterns] = process.argv.slice(1);
    const { outcome, problems, readings } = await readStatusFiles(root, patterns, ${now});
    const told = [...problems, ...readings.flatMap(({ problems }) => problems)];
    console.log(JSON.stringify([outcome, ...told.map(({ code, path }) => [code, path])]));`;
  const commands = 'closed=$1; shift; chmod 755 "$2"; chmod 000 "$closed"; bun -e "$@"; chmod 755 "$closed"';
  const { stdout, stderr } = await run([
    "sh",
    "-c",
    commands,
    "sh",
    workspace.path(closed),
    script,
    workspace.root,
    ...patterns,
  ]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

describe("what may not be read", () => {
  it.each([
    ["the folder of the worktrees", ".worktrees", [], ["denied", ["unreadable", ".worktrees"]]],
    [
      "a worktree below a pattern",
      ".worktrees/a",
      ["{.worktrees,trees}/*/status.json"],
      ["read", ["unreadable", ".worktrees/a"]],
    ],
    [
      "a worktree that is named",
      ".worktrees/a",
      [".worktrees/a/status.json"],
      ["read", ["unreadable", ".worktrees/a/status.json"]],
    ],
    ["git's list of worktrees", ".git/worktrees", [], ["read", ["unreadable", ".git/worktrees"]]],
    ["a linked worktree's place", "far", [], ["read", ["unreadable", "far/linked/status.json"]]],
  ])("tells of %s", async (_, closed, patterns, told) => {
    const workspace = makeWorkspace();
    git(workspace.root, "init", "-q");
    git(workspace.root, "commit", "-q", "--allow-empty", "-m", "x");
    git(workspace.root, "worktree", "add", "-q", "--detach", "far/linked");
    workspace.write(".worktrees/a/status.json", validStatus);
    expect(await readClosed(workspace, closed, ...patterns)).toEqual(told);
  });

  it("tells of a file in the place of the folder of the worktrees", async () => {
    const workspace = makeWorkspace();
    workspace.write(".worktrees", "");
    expect(await readStatus(workspace)).toMatchObject({
      outcome: "failed",
      problems: [{ code: "unreadable", path: ".worktrees" }],
    });
    const { stdout, exitCode } = await runMonitor(["--root", workspace.root, "--no-record", "--check"]);
    expect(stdout).toContain(".worktrees: cannot be listed (ENOTDIR); expected a folder");
    expect(exitCode).toBe(3);
  });
});
