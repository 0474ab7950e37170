import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Names } from "../core/claims/names.ts";
import type { Activity } from "../core/evidence/activity.ts";
import { parseJson } from "../core/text/fields.ts";
import { requireInside } from "../io/links.ts";
import { statsOf } from "../io/open-file.ts";
import { readHead } from "../io/tail.ts";
import type { Worktree } from "../io/worktrees.ts";
import { eventLogName, isNamed, logsFolder } from "./agent-logs/paths.ts";
import { type Dialect, type FollowContext, type Followed, follow } from "./followed-file.ts";
import type { LauncherLog } from "./source.ts";

/** The first record stands within so much of the beginning, after what the program or its shell may have said before. */
const headBytes = 256 * 1024;
/** Most first records are shorter than this. */
const shortHeadBytes = 4 * 1024;

/** The logs below `root` written to since `since`, each with its first record, sorted. What cannot be read is left to the source of these logs. */
export function listLauncherLogs(root: string, since: number): readonly LauncherLog[] {
  const folder = join(root, logsFolder);
  return names(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = statsOf(path);
    if (
      !name.endsWith(".jsonl") ||
      isNamed(name, eventLogName) ||
      stats === null ||
      !stats.isFile() ||
      stats.mtimeMs < since
    )
      return [];
    const first = firstRecord(path, root);
    return first === null ? [] : [{ path, first }];
  });
}

/**
 * Folds what was added to a launcher's log (`follow`); null when it cannot be read. What is wrong with it is left to the
 * source of these logs, which reads every one of them: it would be told twice.
 */
export function followLog<Memory>(
  path: string,
  context: FollowContext,
  dialect: Dialect<Memory>,
  kept: unknown,
): Followed<Memory> | null {
  const followed = follow(path, context, dialect, kept);
  return followed === null || "problem" in followed ? null : { ...followed, problems: [], skippedLines: 0 };
}

/** The two files of a session are not written in the same millisecond. */
const sameMomentMs = 1_000;

/** Whether a session's transcript went on after its log: what it holds beyond was not redirected into that. */
export function isOlderLog(log: Activity, transcript: Activity): boolean {
  return (log.lastActivityAt ?? 0) + sameMomentMs < (transcript.lastActivityAt ?? 0);
}

/** Whose a log is, from its name: a task id in it, or the folder name of a worktree. */
export function identityFromName(
  path: string,
  sessionId: string | null,
  worktrees: readonly Worktree[],
): Names {
  const name = basename(path, ".jsonl");
  const worktree = worktrees.find((candidate) => basename(candidate.path) === name);
  return {
    taskId: /bg_[A-Za-z0-9]+/.exec(name)?.[0] ?? null,
    requestId: null,
    sessionId,
    worktree: worktree?.path ?? null,
  };
}

function firstRecord(path: string, root: string): unknown {
  try {
    requireInside(path, [root]);
    return recordIn(readHead(path, shortHeadBytes)) ?? recordIn(readHead(path, headBytes)) ?? null;
  } catch {
    return null;
  }
}

function recordIn(head: string): unknown {
  for (const line of head.split("\n")) {
    const record = line.startsWith("{") ? parseJson(line) : undefined;
    if (record !== undefined) return record;
  }
  return undefined;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
