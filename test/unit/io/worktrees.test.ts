import { mkdirSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findRoot, listWorktrees, worktreeOf } from "../../../src/io/worktrees.ts";
import { git, makeWorkspace } from "../../support/workspace.ts";

/** A repository with one linked worktree inside its root and one elsewhere. */
function makeRepository() {
  const workspace = makeWorkspace();
  const elsewhere = makeWorkspace();
  git(workspace.root, "init", "-q");
  git(workspace.root, "commit", "-q", "--allow-empty", "-m", "x");
  git(workspace.root, "worktree", "add", "-q", "-b", "feat/inside", ".worktrees/inside");
  git(workspace.root, "worktree", "add", "-q", "--detach", elsewhere.path("outside"));
  return { root: workspace.root, path: workspace.path, outside: elsewhere.path("outside") };
}

function makeBareRepository() {
  const { root } = makeRepository();
  const workspace = makeWorkspace();
  git(root, "clone", "-q", "--bare", root, workspace.path("bare.git"));
  git(workspace.path("bare.git"), "worktree", "add", "-q", "-b", "feat/linked", "../linked");
  return workspace;
}

describe("findRoot", () => {
  it("finds the main worktree from its top, a sub-folder and its linked worktrees", () => {
    const { root, path, outside } = makeRepository();
    mkdirSync(path("src/deep"), { recursive: true });
    mkdirSync(`${outside}/src`);
    const folders = [root, path("src/deep"), path(".worktrees/inside"), outside, `${outside}/src`];
    expect(folders.map(findRoot)).toEqual(folders.map(() => root));
  });

  it("is the folder itself where there is no git", () => {
    const { root } = makeWorkspace();
    expect(findRoot(root)).toBe(root);
  });

  it("is the top of a submodule, not its parent's", () => {
    const parent = makeRepository();
    const part = makeRepository();
    git(parent.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.root, "part");
    expect(findRoot(parent.path("part"))).toBe(parent.path("part"));
  });

  it("is the submodule's main worktree from a linked one of it", () => {
    const parent = makeRepository();
    const part = makeRepository();
    git(parent.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.root, "part");
    git(parent.path("part"), "worktree", "add", "-q", "--detach", parent.path("linked"));
    expect(findRoot(parent.path("linked"))).toBe(parent.path("part"));
  });

  it("is the linked worktree itself where the repository is bare", () => {
    const { path } = makeBareRepository();
    expect(findRoot(path("linked"))).toBe(path("linked"));
  });

  it("is no folder above in which only an empty .git was left behind", () => {
    const { path } = makeWorkspace();
    mkdirSync(path(".git"));
    mkdirSync(path("shop"));
    expect(findRoot(path("shop"))).toBe(path("shop"));
  });

  it("believes no .git file that says something else", () => {
    const workspace = makeWorkspace();
    workspace.write(".git", "not a pointer");
    expect(findRoot(workspace.root)).toBe(workspace.root);
  });
});

describe("listWorktrees", () => {
  it("lists linked worktrees wherever they lie, with their branches", () => {
    const { root, path, outside } = makeRepository();
    expect(listWorktrees(root)).toEqual(
      [
        { path: path(".worktrees/inside"), branch: "feat/inside" },
        { path: outside, branch: null },
      ].sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  });

  it("lists the same from a linked worktree", () => {
    const { root, outside } = makeRepository();
    expect(listWorktrees(outside)).toEqual(listWorktrees(root));
  });

  it("lists the linked worktrees of a bare repository", () => {
    const { path } = makeBareRepository();
    expect(listWorktrees(path("bare.git"))).toEqual([{ path: path("linked"), branch: "feat/linked" }]);
  });

  it("lists plain folders of .worktrees where there is no git", () => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path(".worktrees/b"), { recursive: true });
    mkdirSync(workspace.path(".worktrees/a"));
    workspace.write(".worktrees/file", "");
    expect(listWorktrees(workspace.root)).toEqual([
      { path: workspace.path(".worktrees/a"), branch: null },
      { path: workspace.path(".worktrees/b"), branch: null },
    ]);
  });

  it("leaves out a worktree whose folder was removed", () => {
    const { root, path, outside } = makeRepository();
    rmSync(outside, { recursive: true });
    expect(listWorktrees(root).map((tree) => tree.path)).toEqual([path(".worktrees/inside")]);
  });

  it("is empty where there is nothing", () => {
    expect(listWorktrees(makeWorkspace().root)).toEqual([]);
  });
});

describe("worktreeOf", () => {
  const trees = ["/p/a", "/p/a/deep", "/p/ab"].map((path) => ({ path, branch: null }));

  it.each([
    ["/p/a", "/p/a"],
    ["/p/a/src", "/p/a"],
    ["/p/a/deep/src", "/p/a/deep"],
    ["/p/ab", "/p/ab"],
    ["/p/abc", undefined],
    ["/p", undefined],
  ])("of %s is %s", (folder, expected) => {
    expect(worktreeOf(trees, folder)?.path).toBe(expected);
  });
});
