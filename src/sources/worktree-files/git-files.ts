import { join } from "node:path";
import type { Problem } from "../../core/text/problem.ts";
import type { Unreadable } from "../../io/folders.ts";
import { NotReadable, statsOf } from "../../io/open-file.ts";
import { readLines } from "../../io/tail.ts";
import { commonFolderOf, gitFolderOf } from "../../io/worktrees.ts";
import { problemAt } from "../problem-at.ts";

/** A longer log of a branch is read from here on: what is older is no news. */
const logBytes = 256 * 1024;
/** `git worktree add` writes its files for this long at most after it wrote the first of them. */
const checkoutMs = 60_000;
const settleMs = 2_000;

/** What git wrote about one worktree, apart from the files it checked out. Times in epoch milliseconds. */
export type GitFacts = {
  readonly commits: readonly number[];
  /** Everything else that git noted: checkouts, resets, rebases, staging. */
  readonly otherActs: readonly number[];
  /** What is older was checked out with the worktree and nobody's work. */
  readonly settledAt: number;
  readonly folder: string | null;
  /** Of the repository, where its own excludes stand. */
  readonly commonFolder: string | null;
  readonly skippedLines: number;
  readonly problems: readonly Problem[];
};

/** Reads the log of HEAD and the time of the index of the worktree at `path`; a folder without git has neither. */
export function readGitFacts(path: string, root: string): GitFacts {
  const unreadable: Unreadable = new Map();
  const folder = gitFolderOf(path, unreadable);
  if (folder === null) {
    const createdAt = statsOf(path)?.birthtimeMs ?? 0;
    const settledAt = createdAt + settleMs;
    const problems = [...unreadable].map(([file, { message }]) =>
      problemAt("unreadable", file, root, null, message),
    );
    const noGit = { folder: null, commonFolder: null, skippedLines: 0 };
    return { commits: [], otherActs: [], settledAt, ...noGit, problems };
  }
  const log = readHeadLog(join(folder, "logs", "HEAD"), root);
  const createdAt = log.firstAt ?? modifiedAt(join(folder, "commondir")) ?? modifiedAt(join(folder, "HEAD"));
  const indexAt = modifiedAt(join(folder, "index"));
  const isFresh = log.acts.length + log.commits.length === 0;
  const settledAt = (createdAt ?? 0) + settleMs;
  // The index is written last: in a large project the checkout takes its time.
  const checkedOutAt =
    isFresh && indexAt !== null && indexAt - settledAt < checkoutMs
      ? Math.max(settledAt, indexAt)
      : settledAt;
  const staged = indexAt === null || indexAt <= checkedOutAt ? [] : [indexAt];
  return {
    commits: log.commits,
    otherActs: [...log.acts, ...staged].filter((at) => at > checkedOutAt),
    settledAt: checkedOutAt,
    folder,
    commonFolder: commonFolderOf(folder),
    skippedLines: log.problems.length,
    problems: log.problems,
  };
}

type HeadLog = {
  firstAt: number | null;
  readonly commits: number[];
  readonly acts: number[];
  readonly problems: Problem[];
};

// A line: two ids, the name and address of who did it, seconds, zone, tab, what was done.
function readHeadLog(path: string, root: string): HeadLog {
  const log: HeadLog = { firstAt: null, commits: [], acts: [], problems: [] };
  try {
    readLines(
      path,
      null,
      ({ text, number }) => {
        const found = /^[0-9a-f]{40,64} [0-9a-f]{40,64} .* (\d+) [+-]\d{4}(?:\t(.*))?$/.exec(text);
        if (found === null) {
          log.problems.push(problemAt("bad_line", path, root, number, "must be a line of git's log of HEAD"));
          return;
        }
        const at = Number(found[1]) * 1_000;
        if (number === 1) log.firstAt = at;
        else if (/^commit\b/.test(found[2] ?? "")) log.commits.push(at);
        else log.acts.push(at);
      },
      logBytes,
    );
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    if (error.code !== "vanished") log.problems.push(problemAt(error.code, path, root, null, error.message));
  }
  return log;
}

function modifiedAt(path: string): number | null {
  const stats = statsOf(path);
  return stats === null ? null : Math.round(stats.mtimeMs);
}
