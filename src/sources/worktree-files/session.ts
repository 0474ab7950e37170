import type { Activity } from "../../core/evidence/activity.ts";
import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { formatDuration, plural } from "../../core/text/duration.ts";
import { numberIn, stringIn } from "../../core/text/fields.ts";
import type { Problem } from "../../core/text/problem.ts";
import { folderState } from "../../io/folders.ts";
import type { Worktree } from "../../io/worktrees.ts";
import { FollowedFiles } from "../followed-files.ts";
import { problemAt } from "../problem-at.ts";
import { absent, type SourceContext, type SourceReading, unread } from "../source.ts";
import { type ChangedFiles, findChangedFiles } from "./changed-files.ts";
import { readGitFacts } from "./git-files.ts";

/** Of all worktrees together, in the order of their paths; where there are more, the next look begins where this one ended. */
const totalEntries = 400_000;
const namedOver = 5;

/** The worktrees one after another, those without an end. */
export function readWorktrees(context: SourceContext): SourceReading {
  const state = folderState(context.root);
  if ("reason" in state) return unread(state.outcome, state.reason);
  if (context.worktrees.length === 0) return absent;
  const files = new FollowedFiles(context, keptVersion);
  const beginAt = stringIn(files.recall(beginKey), "path") ?? "";
  let left = totalEntries;
  // A file that changes after the end is no sign of the task any more: it would not change what is said of it.
  const open = context.worktrees.filter(({ path }) => !context.endedWorktrees.has(path));
  const inTurn = [
    ...open.filter(({ path }) => path >= beginAt),
    ...open.filter(({ path }) => path < beginAt),
  ];
  const looks = inTurn.map((worktree) => {
    const look = lookAtWorktree(
      worktree,
      context,
      Math.max(0, left),
      stringIn(files.recall(worktree.path), "newest") ?? null,
    );
    left -= look.entries;
    return look;
  });
  looks.sort((a, b) => (a.path < b.path ? -1 : 1));
  const firstCut = inTurn.find(({ path }) => looks.some((look) => look.path === path && look.over !== null));
  if (firstCut !== undefined) files.keep(beginKey, { path: firstCut.path });
  for (const { path, newest, stream, ...look } of looks) {
    const lastActivityAt = stream?.activity.lastActivityAt ?? null;
    const isNew = stream !== null && numberIn(files.recall(path), "lastActivityAt") !== lastActivityAt;
    files.count(Number(isNew), look);
    files.keep(path, { newest, lastActivityAt });
  }
  const over = looks.flatMap((look) => look.over ?? []);
  files.problems.push(...overBudget(over, context.root));
  return files.reading(looks.flatMap(({ stream }) => (stream === null ? [] : [stream])));
}

/** Raised whenever what is kept, or what that means, changes. */
const keptVersion = 1;
/** Where the first worktree stands that was not looked at whole. */
const beginKey = "begin";

type Look = {
  readonly path: string;
  /** The path that changed last, from the worktree. */
  readonly newest: string | null;
  readonly stream: Stream | null;
  readonly problems: readonly Problem[];
  /** A worktree that was not looked at whole. */
  readonly over: Over | null;
  readonly skippedLines: number;
  readonly entries: number;
};

/** One worktree: no stream when nothing happened in it since it was made, or not since `context.since`. */
function lookAtWorktree(
  worktree: Worktree,
  context: SourceContext,
  limit: number,
  askedFirst: string | null,
): Look {
  const git = readGitFacts(worktree.path, context.root);
  const changed = findChangedFiles(worktree.path, git.commonFolder, git.settledAt, limit, askedFirst);
  const { problems } = git;
  const { entries, cut } = changed;
  const look = { path: worktree.path, newest: changed.newest?.path ?? null, entries };
  const over = cut !== null ? { path: worktree.path, limit } : null;
  const acts = [...git.commits, ...git.otherActs, ...(changed.newest === null ? [] : [changed.newest.at])];
  // A file dated ahead of the clock was touched by somebody's tool; it must not keep the worktree alive.
  const past = acts.filter((at) => at <= context.now).sort((a, b) => a - b);
  const { skippedLines } = git;
  const isRecent = (past.at(-1) ?? Number.NEGATIVE_INFINITY) >= context.since;
  // Not to have seen all of it is no silence: its row says so.
  if (!isRecent && cut === null) return { ...look, stream: null, problems, over, skippedLines };
  const stream: Stream = {
    ...nothingMore,
    key: `worktree_files:${worktree.path}`,
    source: "worktree_files",
    kind: "files",
    file: worktree.path,
    identity: { taskId: null, requestId: null, sessionId: null, worktree: worktree.path },
    role: "evidence",
    branch: worktree.branch,
    agent: { kind: "unknown", name: null },
    activity: activityOf(isRecent ? past : []),
    notes: notesOf(isRecent ? changed.newest : null, git.commits.length, cut, context.now),
  };
  return { ...look, stream, problems, over, skippedLines };
}

function activityOf(acts: readonly number[]): Activity {
  const activity = emptyActivity();
  for (const at of acts) observe(activity, { type: "active", at });
  return activity;
}

function notesOf(
  newest: { readonly path: string; readonly at: number } | null,
  commits: number,
  cut: ChangedFiles["cut"],
  now: number,
): readonly string[] {
  const notes: string[] = [];
  if (newest !== null) {
    const ago = formatDuration(Math.max(0, now - newest.at));
    notes.push(`last change ${ago} ago: ${newest.path}`);
  }
  if (commits > 0) notes.push(plural(commits, "commit"));
  if (cut !== null) notes.push(`${cut.looked} of ${plural(cut.known, "folder")} looked through`);
  return notes;
}

type Over = { readonly path: string; readonly limit: number };

// Each of the first ones by name; of thousands of worktrees the others in one line.
function overBudget(all: readonly Over[], root: string): Problem[] {
  const named = all
    .slice(0, namedOver)
    .map(({ path, limit }) =>
      problemAt("over_budget", path, root, null, `more than its first ${limit} entries were not looked at`),
    );
  const next = all[namedOver];
  if (next === undefined) return named;
  const message = `and ${all.length - namedOver} worktrees more were not looked at whole`;
  return [...named, problemAt("over_budget", next.path, root, null, message)];
}
