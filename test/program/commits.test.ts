import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HealthReport } from "../../src/core/report/report.ts";
import { slugOf } from "../../src/sources/claude-code/paths.ts";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace } from "../support/workspace.ts";

const begin = Date.parse("2026-11-22T10:00:00Z");
const clock = (hours: number) => new Date(begin + hours * 3_600_000).toISOString();
const none = { files: 0, added: 0, removed: 0 };
const isNothing = "nothing was committed or changed";

/** A project of one commit with a worktree made at 10:00, whose task worked from 11:00 to 12:00. */
function project(status: object = {}) {
  const workspace = makeWorkspace();
  const { root } = workspace;
  const worktree = workspace.path(".worktrees/a");
  const git = (at: number, folder: string, ...words: readonly string[]) => {
    const who = [
      "-c",
      "user.name=Kim",
      "-c",
      "user.email=kim@example.test",
      "-c",
      "protocol.file.allow=always",
    ];
    const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const dates = { GIT_COMMITTER_DATE: clock(at), GIT_AUTHOR_DATE: clock(at) };
    return spawnSync("git", ["-C", folder, ...who, ...words], {
      env: { ...env, ...dates },
      encoding: "utf8",
    });
  };
  const put = (folder: string, name: string, text: string, at: number) => {
    writeFileSync(join(folder, name), text);
    utimesSync(join(folder, name), new Date(clock(at)), new Date(clock(at)));
  };
  const commit = (folder: string, name: string, at: number) => {
    put(folder, name, "1\n2\n", at);
    git(at, folder, "add", name);
    git(at, folder, "commit", "-q", "-m", name);
  };
  git(-1, root, "init", "-q", "-b", "main");
  commit(root, "a.txt", -1);
  git(0, root, "worktree", "add", "-q", worktree, "-b", "work");
  const told = { status: "completed", taskId: "bg_1", createdAt: clock(1), completedAt: clock(2) };
  workspace.status("a", { ...told, updatedAt: clock(2), ...status });
  utimesSync(workspace.path(".git/worktrees/a/index"), new Date(clock(0)), new Date(clock(0)));
  return { ...workspace, worktree, git, put, commit };
}

/** What one look at 13:00 says of the one task. */
async function taskIn(root: string, env: Readonly<Record<string, string>> = {}) {
  const { stdout } = await runMonitor(["--root", root, "--now", clock(3), "--no-record", "--json"], { env });
  const { tasks } = HealthReport.parse(JSON.parse(stdout));
  const [task] = tasks;
  return { ahead: task?.commits_ahead, diff: task?.diff, isNothing: task?.details.includes(isNothing) };
}

describe("what an ended task committed", () => {
  it("is nothing where nothing was: completed, it says so", async () => {
    const { root } = project();
    expect(await taskIn(root)).toEqual({ ahead: 0, diff: none, isNothing: true });
  });

  it("is not called nothing of a failed task, whose commits count as well", async () => {
    const { root, worktree, commit } = project({ status: "failed" });
    expect(await taskIn(root)).toEqual({ ahead: 0, diff: none, isNothing: false });
    commit(worktree, "b.txt", 1.5);
    expect(await taskIn(root)).toEqual({ ahead: 1, diff: { ...none, files: 1, added: 2 }, isNothing: false });
  });

  it("is not asked of one that works", async () => {
    const { root } = project({ status: "running", completedAt: null, updatedAt: clock(2.99) });
    expect(await taskIn(root)).toEqual({ ahead: null, diff: null, isNothing: false });
  });

  it("counts commits that the main checkout has not, on a branch or none, wherever main is", async () => {
    const { root, worktree, git, commit } = project();
    commit(worktree, "b.txt", 1.5);
    commit(worktree, "c.txt", 1.6);
    git(2, worktree, "checkout", "-q", "--detach");
    commit(root, "d.txt", 2);
    git(2, root, "checkout", "-q", "--detach");
    git(2, root, "branch", "-D", "main");
    expect(await taskIn(root)).toEqual({ ahead: 2, diff: { ...none, files: 2, added: 4 }, isNothing: false });
  });

  it("is not called nothing where main has it by now", async () => {
    const { root, worktree, git, commit } = project();
    commit(worktree, "b.txt", 1.5);
    git(2, root, "merge", "-q", "--ff-only", "work");
    rmSync(join(root, ".git/worktrees/a/logs"), { recursive: true });
    expect(await taskIn(root)).toEqual({ ahead: 0, diff: none, isNothing: false });
  });

  it("is not called nothing where files changed that were not committed", async () => {
    const { root, worktree, put } = project();
    put(worktree, "a.txt", "changed\n", 1.5);
    expect(await taskIn(root)).toEqual({ ahead: 0, diff: none, isNothing: false });
  });

  it("is not called nothing where its transcript tells of an edit, also of a file that git ignores", async () => {
    const { root, worktree, path, write } = project({ sessionId: "11111111-aaaa" });
    const record = (type: string, content: object, minutes: number) => ({
      type,
      sessionId: "11111111-aaaa",
      cwd: worktree,
      uuid: `u${minutes}`,
      timestamp: clock(1 + minutes / 60),
      message: { role: type, content: [content] },
    });
    const lines = [
      record("user", { type: "text", text: "Write the report" }, 1),
      record("assistant", { type: "tool_use", id: "w", name: "Write", input: { file_path: "out/a" } }, 2),
      record("user", { type: "tool_result", tool_use_id: "w", content: "written" }, 3),
    ];
    const file = `home/.claude/projects/${slugOf(worktree)}/11111111-aaaa.jsonl`;
    write(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    expect(await taskIn(root, { HOME: path("home") })).toEqual({ ahead: 0, diff: none, isNothing: false });
  });

  it("is not called nothing where nobody looked as far back as it began", async () => {
    const { root } = project({ createdAt: clock(-30) });
    expect(await taskIn(root)).toEqual({ ahead: 0, diff: none, isNothing: false });
  });

  it("counts a changed submodule as one file, and starts nothing in it", async () => {
    const { root, worktree, git, path, commit } = project();
    const library = path("library");
    git(1, root, "init", "-q", library);
    commit(library, "l.txt", 1);
    git(1.5, worktree, "submodule", "add", "-q", library, "library");
    git(1.5, worktree, "commit", "-q", "-m", "add library");
    git(1.5, root, "config", "diff.submodule", "log");
    expect(await taskIn(root)).toMatchObject({ ahead: 1, diff: { files: 2 } });
  });

  it("is known of worktrees of a bare repository", async () => {
    const { root, worktree, git, commit } = project();
    commit(worktree, "b.txt", 1.5);
    git(2, root, "config", "core.bare", "true");
    expect(await taskIn(root)).toMatchObject({ ahead: 1 });
  });

  it("is not known of a worktree that was removed, of a plain folder and of another repository", async () => {
    const unknown = { ahead: null, diff: null, isNothing: false };
    const removed = project();
    rmSync(join(removed.worktree, ".git"));
    expect(await taskIn(removed.root)).toEqual(unknown);
    const other = project();
    rmSync(join(other.worktree, ".git"));
    other.git(1, other.worktree, "init", "-q");
    other.commit(other.worktree, "b.txt", 1.5);
    expect(await taskIn(other.root)).toEqual(unknown);
  });

  it("is not known where histories do not meet: a shallow clone, or a main checkout without commits", async () => {
    const { root, worktree, git, commit } = project();
    git(1, worktree, "checkout", "-q", "--orphan", "apart");
    commit(worktree, "b.txt", 1.5);
    expect(await taskIn(root)).toEqual({ ahead: null, diff: null, isNothing: false });
    git(2, root, "checkout", "-q", "--orphan", "empty");
    expect(await taskIn(root)).toEqual({ ahead: null, diff: null, isNothing: false });
  });

  it("is not known without git on the PATH", async () => {
    const { root, path } = project();
    mkdirSync(path("only-bun"));
    symlinkSync(process.execPath, path("only-bun/bun"));
    expect(await taskIn(root, { PATH: path("only-bun") })).toEqual({
      ahead: null,
      diff: null,
      isNothing: false,
    });
  });
});

it("asks git for the main checkout's commit once, however many tasks ended", async () => {
  const { root, path, git, status, write } = project();
  for (const name of ["b", "c"]) {
    git(0, root, "worktree", "add", "-q", path(`.worktrees/${name}`), "-b", name);
    status(name, { status: "completed", taskId: `bg_${name}`, createdAt: clock(1), completedAt: clock(2) });
  }
  const calls = path("calls.txt");
  const real = spawnSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).stdout.trim();
  write("bin/git", `#!/bin/sh\necho "$*" >> '${calls}'\nexec '${real}' "$@"\n`);
  chmodSync(path("bin/git"), 0o755);
  await taskIn(root, { PATH: `${path("bin")}:${process.env.PATH ?? ""}` });
  const asked = (await Bun.file(calls).text()).split("\n").filter((line) => line.includes("rev-parse"));
  expect(asked.filter((line) => line.includes(`-C ${root} rev-parse`))).toHaveLength(1);
  expect(asked).toHaveLength(4);
});
