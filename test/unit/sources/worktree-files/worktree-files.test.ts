import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { listWorktrees } from "../../../../src/io/worktrees.ts";
import { findChangedFiles } from "../../../../src/sources/worktree-files/changed-files.ts";
import { worktreeFiles } from "../../../../src/sources/worktree-files/index.ts";
import { layOut } from "../../../support/laid-out-home.ts";
import { sourceContext } from "../../../support/source-context.ts";

const identity = {
  GIT_AUTHOR_NAME: "Demo",
  GIT_AUTHOR_EMAIL: "demo@example.org",
  GIT_COMMITTER_NAME: "Demo",
  GIT_COMMITTER_EMAIL: "demo@example.org",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
};

let root: string;
let worktree: string;
/** When the worktree was made; later times are made up. */
let madeAt: number;

function git(folder: string, atMs: number, ...command: readonly string[]): void {
  const date = `${Math.floor(atMs / 1_000)} +0000`;
  const env = { ...identity, PATH: process.env.PATH ?? "", GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const ran = Bun.spawnSync(["git", ...command], { cwd: folder, env });
  expect(ran.stderr.toString() + ran.exitCode).toMatch(/0$/);
}

function change(path: string, minutes: number, text = "changed"): void {
  mkdirSync(dirname(join(worktree, path)), { recursive: true });
  writeFileSync(join(worktree, path), text);
  const at = madeAt / 1_000 + minutes * 60;
  utimesSync(join(worktree, path), at, at);
}

function look(minutes: number, checkpoint: unknown = null) {
  const context = { worktrees: listWorktrees(root), checkpoint };
  return worktreeFiles.collect(sourceContext(root, madeAt + minutes * 60_000, context));
}

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "monitor-worktree-")));
  worktree = join(root, ".worktrees", "alpha");
  madeAt = Date.now();
  git(root, madeAt, "init", "-q", "-b", "main");
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src", "app.ts"), "1");
  writeFileSync(join(root, ".gitignore"), "dist/\n*.log\n!keep.log\n");
  git(root, madeAt, "add", ".");
  git(root, madeAt, "commit", "-qm", "Begin");
  git(root, madeAt, "worktree", "add", "-q", ".worktrees/alpha");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the files of a worktree", () => {
  it("show nothing when it was only made", async () => {
    expect(await look(10)).toMatchObject({ outcome: "read", streams: [], newEvents: 0 });
  });

  it("show life by a changed file", async () => {
    change("src/app.ts", 7);
    const { streams } = await look(10);
    expect(streams).toMatchObject([
      {
        key: `worktree_files:${worktree}`,
        role: "evidence",
        agent: { kind: "unknown" },
        branch: "alpha",
        notes: ["last change 3m ago: src/app.ts"],
        activity: { lastActivityAt: Math.round(madeAt + 7 * 60_000), ended: null },
      },
    ]);
  });

  it("show commits with their time", async () => {
    change("src/app.ts", 1);
    git(worktree, madeAt + 120_000, "commit", "-qam", "One");
    git(worktree, madeAt + 180_000, "commit", "-q", "--allow-empty", "-m", "Two");
    const { streams } = await look(10);
    expect(streams[0]?.notes).toContain("2 commits");
  });

  it.each([
    ["an ignored folder", "dist/out.js"],
    ["an ignored file", "src/run.log"],
    ["installed packages", "node_modules/a/index.js"],
    ["the claim itself", "status.json"],
    ["an orchestrator's notes", ".omo/plan.md"],
    ["another one's", ".sisyphus/boulder.json"],
  ])("leave out %s", async (_, path) => {
    change(path, 5);
    expect((await look(10)).streams).toEqual([]);
  });

  it.each([
    ["a new file", "src/new.ts"],
    ["a file taken back from the ignored ones", "src/keep.log"],
    ["a status.json deeper down", "src/status.json"],
  ])("count %s", async (_, path) => {
    change(path, 5);
    expect((await look(10)).streams[0]?.notes).toEqual([`last change 5m ago: ${path}`]);
  });

  it("follow a deeper .gitignore", async () => {
    change("src/.gitignore", 1, "*.tmp\n!mine.log\n");
    change("src/a.tmp", 5);
    change("src/mine.log", 3);
    expect((await look(10)).streams[0]?.notes).toEqual(["last change 7m ago: src/mine.log"]);
  });

  it("do not live on a file from the future", async () => {
    change("src/app.ts", 600);
    expect((await look(10)).streams).toEqual([]);
  });

  it("are not followed through links", async () => {
    change("src/app.ts", 5);
    Bun.spawnSync(["ln", "-s", root, join(worktree, "up")]);
    expect((await look(10)).streams[0]?.notes).toEqual(["last change 5m ago: src/app.ts"]);
  });

  it("give no new event at a second look, and one when something changed", async () => {
    change("src/app.ts", 5);
    const first = await look(10);
    expect((await look(10, first.checkpoint)).newEvents).toBe(0);
    change("src/app.ts", 6);
    expect((await look(10, first.checkpoint)).newEvents).toBe(1);
  });

  it("are looked at within a limit that names itself", () => {
    change("src/b.ts", 5);
    expect(findChangedFiles(worktree, null, madeAt + 10_000, 20_000)).toMatchObject({
      cut: null,
      count: 1,
    });
    expect(findChangedFiles(worktree, null, madeAt + 10_000, 2).cut).toMatchObject({
      looked: expect.any(Number),
    });
  });

  it("are known beyond the limit where they changed at the last look", () => {
    change("src/b.ts", 5);
    const found = (path: string) => findChangedFiles(worktree, null, madeAt + 10_000, 0, path);
    expect(found("src/b.ts")).toMatchObject({ newest: { path: "src/b.ts" }, cut: { looked: 0, known: 1 } });
    expect(found("../outside.ts").newest).toBeNull();
  });

  it("are found in time whatever a .gitignore holds", () => {
    change("src/b.ts", 5);
    change(`src/${"a/".repeat(60)}b.ts`, 5);
    writeFileSync(
      join(worktree, ".gitignore"),
      `${"**/a*".repeat(40)}z\n${"*a".repeat(300)}\n${"x".repeat(1e6)}\n`,
    );
    const begun = performance.now();
    expect(findChangedFiles(worktree, null, madeAt + 10_000, 20_000).count).toBeGreaterThan(1);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

it("does not look into a worktree whose status file ended before the time asked for", async () => {
  const { base, context, worktree } = layOut("worktree-files", "contract");
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const open = await worktreeFiles.collect(context());
  const ended = await worktreeFiles.collect(context({ endedWorktrees: new Set([worktree]) }));
  expect([open.streams.length, ended.streams.length]).toEqual([1, 0]);
});
