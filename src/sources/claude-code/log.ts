import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import type { FileRead, FollowedFiles } from "../followed-files.ts";
import { identityFromName } from "../launcher-log.ts";
import type { LauncherLog, SourceContext } from "../source.ts";
import { deniedNotes, type TranscriptState } from "./memory.ts";
import { keyOf } from "./paths.ts";
import { dialectOf } from "./translate.ts";

/** The streams of logs into which a launcher redirected `claude --output-format stream-json`; `sessions`: what is known from transcripts. */
export function readLogs(
  logs: readonly LauncherLog[],
  sessions: readonly Stream[],
  { worktrees, now }: SourceContext,
  files: FollowedFiles,
): Stream[] {
  const known = new Map(sessions.map((stream) => [stream.key, stream]));
  const dialect = dialectOf("log", now);
  return logs.flatMap(({ path }) => {
    const read = files.followLog(path, dialect);
    return read === null ? [] : [logStream(path, read, worktrees, known)];
  });
}

/** The stream of a launcher's log; it is a task of its own only where the session's transcript is not to be found. */
function logStream(
  path: string,
  read: FileRead<TranscriptState>,
  worktrees: readonly Worktree[],
  known: ReadonlyMap<string, Stream>,
): Stream {
  const { sessionId, cwd, branch, title } = read.memory;
  const worktree = cwd === null ? null : (worktreeOf(worktrees, cwd) ?? worktreeOf(worktrees, realPath(cwd)));
  const named = identityFromName(path, sessionId, worktrees);
  const transcript = sessionId === null ? undefined : known.get(keyOf(sessionId));
  return {
    ...nothingMore,
    key: `claude_code:log:${path}`,
    source: "claude_code",
    kind: "transcript",
    file: path,
    identity: worktree === null ? named : { ...named, worktree: worktree.path },
    role: transcript === undefined ? "task" : "evidence",
    title,
    branch: branch ?? worktree?.branch ?? null,
    agent: { kind: "claude_code", name: null },
    activity: read.activity,
    liveness: transcript?.liveness ?? null,
    notes: transcript === undefined ? deniedNotes(read.memory, read.activity) : [],
  };
}
