import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { statsOf } from "./open-file.ts";

/** What stands in a worktree's branch beyond another commit. */
export type Commits = {
  readonly ahead: number;
  readonly diff: { readonly files: number; readonly added: number; readonly removed: number };
};

/** A repository that takes longer is not waited for. */
const patienceMs = 2_000;

/** The commit that is checked out in a folder; null where git is not there or there is none. */
export function headOf(folder: string): string | null {
  const head = git(folder, ["rev-parse", "--verify", "HEAD^{commit}"]);
  return head !== null && isCommit(head) ? head : null;
}

/** When that commit was made; epoch milliseconds. */
export function committedAt(folder: string): number | null {
  const commit = git(folder, ["cat-file", "commit", "HEAD"]);
  const at = /^committer .* (\d+) [+-]\d{4}$/m.exec(commit ?? "")?.[1];
  return at === undefined ? null : Number(at) * 1_000;
}

/** Whether a folder is a worktree of its own: a plain one inside the main checkout has that one's commits. */
export function isLinkedWorktree(folder: string): boolean {
  return statsOf(join(folder, ".git"))?.isFile() === true;
}

/**
 * The commits of `worktree` beyond `base`, and the difference between both commits; null where git is not there or does not
 * say. Only commits are compared: to look at files would run the filters that a repository can name. What else it may name
 * (hooks, a monitor of files, other programs that compare) is turned off.
 */
export function readCommits(base: string, worktree: string): Commits | null {
  const head = headOf(worktree);
  if (head === null) return null;
  const count = git(worktree, ["rev-list", "--count", `${base}..${head}`, "--"]);
  if (count === null || !/^\d+$/.test(count)) return null;
  const words = ["diff", "--shortstat", "--no-ext-diff", "--no-textconv", "--submodule=short"];
  const stat = git(worktree, [...words, `${base}...${head}`, "--"]);
  if (stat === null) return null;
  const of = (pattern: RegExp) => Number(pattern.exec(stat)?.[1] ?? 0);
  return {
    ahead: Number(count),
    diff: { files: of(/(\d+) files? changed/), added: of(/(\d+) insertion/), removed: of(/(\d+) deletion/) },
  };
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(text);
}

function git(folder: string, words: readonly string[]): string | null {
  const safely = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager"];
  const { status, stdout } = spawnSync("git", [...safely, "-C", folder, ...words], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_LAZY_FETCH: "1",
      GIT_TERMINAL_PROMPT: "0",
      LC_ALL: "C",
    },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: patienceMs,
  });
  return status === 0 ? stdout.trim() : null;
}
