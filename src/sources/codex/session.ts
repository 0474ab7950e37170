import { isUnasked } from "../../core/evidence/activity-since.ts";
import { withLeftRunning } from "../../core/evidence/left-running.ts";
import type { Stream } from "../../core/evidence/stream.ts";
import { stringIn } from "../../core/text/fields.ts";
import type { Problem } from "../../core/text/problem.ts";
import { newestOf } from "../../core/text/version.ts";
import { folderState, mayBeFolder } from "../../io/folders.ts";
import { NotReadable } from "../../io/open-file.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import { type FileRead, FollowedFiles } from "../followed-files.ts";
import { personalNotes } from "../left-out.ts";
import { problemAt } from "../problem-at.ts";
import { absent, newestPerKey, type SourceContext, type SourceReading, unread } from "../source.ts";
import { threadLiveness, withGoal, withWeakEnd } from "./liveness.ts";
import { addLogs, readLogs } from "./log.ts";
import type { Memory } from "./memory.ts";
import { codexHomes, listRollouts, readSessionMeta, type SessionMeta } from "./paths.ts";
import { rollout } from "./translate.ts";

/** Raised whenever what is kept, or what an `Activity` means, changes. */
const keptVersion = 7;

/** Every session of the project's worktrees, and the logs of `codex exec --json`. */
export function readSessions(context: SourceContext): SourceReading {
  const [home] = codexHomes(context.env);
  const state = folderState(home);
  if ("reason" in state) return unread(state.outcome, state.reason);
  const files = new FollowedFiles(context, keptVersion);
  const { streams, isUsed, notes, versions } = readRollouts(home, context, files);
  const logs = readLogs(context, files);
  if (!isUsed && logs.length === 0) return absent;
  return files.reading(newestPerKey(addLogs(streams, logs)), { notes, newestVersion: newestOf(versions) });
}

type Session = { readonly path: string; readonly meta: SessionMeta; readonly worktree: Worktree | null };

function readRollouts(home: string, context: SourceContext, files: FollowedFiles) {
  const { paths, unreadable, isUsed } = listRollouts(home, context.since);
  for (const { path, reason } of unreadable) files.unreadable(path, reason);
  const sessions: Session[] = [];
  const inMain: Session[] = [];
  const versions: (string | null)[] = [];
  for (const path of paths) {
    const known = files.recall(`meta ${path}`);
    const meta = isMeta(known)
      ? known
      : context.budget.allows(path)
        ? metaOf(path, context.root, files.problems)
        : null;
    if (meta === null) continue;
    files.keep(`meta ${path}`, meta);
    versions.push(meta.version);
    const own = meta.cwd === null ? null : worktreeOf(context.worktrees, realPath(meta.cwd));
    const worktree = own ?? context.claimedSessions.get(meta.id) ?? null;
    if (worktree !== null) sessions.push({ path, meta, worktree });
    else if (isInMainCheckout(meta, context.root)) inMain.push({ path, meta, worktree });
  }
  const shown = inMain.filter(({ meta }) => !meta.isInteractive && !meta.isChild);
  sessions.push(...shown, ...helpersOf(shown, inMain));
  const left = inMain.filter(({ meta }) => meta.isInteractive && !meta.isChild).length;
  const notes = personalNotes("Codex", left);
  const threads = new Set(sessions.map(({ meta }) => meta.id));
  const streams = sessions.flatMap((session) => {
    const read = files.follow(session.path, rollout(session.meta));
    return read === null ? [] : [streamOf(home, session, read, threads, context)];
  });
  return { streams, isUsed, notes, versions };
}

// A person's own session there is no background work; one that was started to run to its end is.
/** This program wrote it, and the checkpoint's hash vouches for what is inside. */
function isMeta(known: unknown): known is SessionMeta {
  return stringIn(known, "id") !== undefined;
}

function isInMainCheckout({ cwd }: SessionMeta, root: string): boolean {
  if (cwd === null) return false;
  const folder = realPath(cwd);
  return folder === root || (folder.startsWith(`${root}/`) && mayBeFolder(folder));
}

/** The sessions that some of `sessions` started, at any depth. */
function helpersOf(sessions: readonly Session[], among: readonly Session[]): readonly Session[] {
  if (sessions.length === 0) return [];
  const parents = new Set(sessions.map(({ meta }) => meta.id));
  const helpers = among.filter(({ meta }) => meta.parentId !== null && parents.has(meta.parentId));
  return [...helpers, ...helpersOf(helpers, among)];
}

function metaOf(path: string, root: string, problems: Problem[]): SessionMeta | null {
  try {
    const meta = readSessionMeta(path);
    if (meta === "unknown")
      problems.push(problemAt("unknown_format", path, root, 1, "must begin with a session_meta record"));
    if (meta === "too_long")
      problems.push(problemAt("too_large", path, root, 1, "must begin with a line shorter than 1 MiB"));
    return typeof meta === "string" ? null : meta;
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    if (error.code !== "vanished") problems.push(problemAt(error.code, path, root, null, error.message));
    return null;
  }
}

function streamOf(
  home: string,
  { path, meta, worktree }: Session,
  { activity, memory }: FileRead<Memory>,
  threads: ReadonlySet<string>,
  { now, processes }: SourceContext,
): Stream {
  const liveness = threadLiveness(home, meta.id, path, processes);
  // Nobody sits at the prompt of a process that is gone.
  const isPersonal = meta.isInteractive && !meta.isChild;
  const isInteractive = isPersonal && liveness.state !== "gone";
  const isUnused = isPersonal && isUnasked(activity);
  const withEnd = withWeakEnd(activity, memory, liveness, isInteractive, now);
  const seen = withLeftRunning(withGoal(withEnd, memory, liveness, now));
  return {
    key: `codex:${meta.id}`,
    source: "codex",
    kind: "transcript",
    file: path,
    identity: { taskId: null, requestId: null, sessionId: meta.id, worktree: worktree?.path ?? null },
    parentKey: meta.parentId !== null && threads.has(meta.parentId) ? `codex:${meta.parentId}` : null,
    resume: null,
    // Opened and closed again without a word: there was no work.
    role: meta.isChild || (isUnused && !isInteractive) ? "evidence" : "task",
    title: meta.isChild ? (meta.nickname ?? memory.title) : memory.title,
    branch: meta.branch,
    agent: { kind: "codex", name: meta.nickname },
    // Of a very long rollout only the last part was read.
    activity: { ...seen.activity, startedAt: meta.startedAt ?? activity.startedAt },
    isInteractive,
    liveness,
    waiting: null,
    busyWith: null,
    claims: [],
    notes: seen.notes,
  };
}
