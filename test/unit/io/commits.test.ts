import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { headOf, readCommits } from "../../../src/io/commits.ts";
import { makeWorkspace } from "../../support/workspace.ts";

const who = ["-c", "user.name=x", "-c", "user.email=x@example.org"];

/** A repository of one commit with a linked worktree that is `commits` ahead; and a way to run git in it. */
function repository(commits: number) {
  const workspace = makeWorkspace();
  const git = (folder: string, ...words: readonly string[]) =>
    spawnSync("git", ["-C", folder, ...who, ...words], { encoding: "utf8" });
  git(workspace.root, "init", "-q", "-b", "main");
  workspace.write("a.txt", "one\n");
  git(workspace.root, "add", "a.txt");
  git(workspace.root, "commit", "-q", "-m", "begin");
  const worktree = workspace.path(".worktrees/a");
  git(workspace.root, "worktree", "add", "-q", worktree, "-b", "work");
  for (let index = 0; index < commits; index += 1) {
    writeFileSync(join(worktree, `new-${index}.txt`), "1\n2\n");
    git(worktree, "add", ".");
    git(worktree, "commit", "-q", "-m", `step ${index}`);
  }
  return { ...workspace, worktree, git };
}

const commitsOf = (root: string, worktree: string) => readCommits(headOf(root) ?? "", worktree);

it("counts commits and lines beyond the main checkout", () => {
  const { root, worktree } = repository(2);
  expect(commitsOf(root, worktree)).toEqual({ ahead: 2, diff: { files: 2, added: 4, removed: 0 } });
});

it("finds nothing where nothing was committed", () => {
  const { root, worktree } = repository(0);
  expect(commitsOf(root, worktree)).toEqual({ ahead: 0, diff: { files: 0, added: 0, removed: 0 } });
});

it("says nothing of a folder without a repository", () => {
  const { root } = makeWorkspace();
  expect(headOf(root)).toBeNull();
});

it("runs nothing that a repository names: filters, monitors, other programs that compare, hooks, aliases", () => {
  const { root, worktree, git, path, write } = repository(1);
  const mark = path("was-run");
  const harm = path("harm.sh");
  writeFileSync(harm, `#!/bin/sh\ntouch '${mark}'\ncat\n`);
  chmodSync(harm, 0o755);
  for (const [name, value] of [
    ["core.fsmonitor", harm],
    ["core.hooksPath", path("hooks")],
    ["core.pager", harm],
    ["diff.external", harm],
    ["diff.x.textconv", harm],
    ["diff.x.command", harm],
    ["filter.x.clean", harm],
    ["filter.x.smudge", harm],
    ["filter.x.process", harm],
    ["alias.rev-list", `!${harm}`],
    ["alias.diff", `!${harm}`],
    ["include.path", path("more.config")],
  ] as const)
    git(root, "config", name, value);
  write("more.config", `[core]\n\tsshCommand = ${harm}\n\tpager = ${harm}\n`);
  mkdirSync(path("hooks"), { recursive: true });
  for (const hook of ["post-index-change", "reference-transaction", "post-checkout"])
    writeFileSync(path(`hooks/${hook}`), `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
  writeFileSync(join(worktree, ".gitattributes"), "* filter=x diff=x\n");
  writeFileSync(join(worktree, "new-0.txt"), "changed\n");
  expect(commitsOf(root, worktree)?.ahead).toBe(1);
  expect(existsSync(mark)).toBe(false);
});
