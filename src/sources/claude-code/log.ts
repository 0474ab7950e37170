import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import type { FileRead, FollowedFiles } from "../followed-files.ts";
import { identityFromName, listLauncherLogs } from "../launcher-log.ts";
import type { SourceContext } from "../source.ts";
import type { TranscriptState } from "./memory.ts";
import { keyOf } from "./paths.ts";
import { ClaudeRecord } from "./records.ts";
import { dialectOf } from "./translate.ts";

/**
 * Logs into which a launcher redirected `claude --output-format stream-json`: their first record is a system record of
 * a session.
 */
export function findClaudeLogs(root: string, since: number): string[] {
  return listLauncherLogs(root, since)
    .filter(({ first }) => isOfClaude(first))
    .map(({ path }) => path);
}

function isOfClaude(first: unknown): boolean {
  const parsed = ClaudeRecord.safeParse(first);
  return (
    parsed.success &&
    parsed.data.type === "system" &&
    parsed.data.subtype !== undefined &&
    parsed.data.session_id !== undefined
  );
}

/** The streams of these logs; `sessions`: what is known from transcripts. */
export function readLogs(
  paths: readonly string[],
  sessions: readonly Stream[],
  { worktrees, now }: SourceContext,
  files: FollowedFiles,
): Stream[] {
  const known = new Map(sessions.map((stream) => [stream.key, stream]));
  const dialect = dialectOf("log", now);
  return paths.flatMap((path) => {
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
    file: path,
    identity: worktree === null ? named : { ...named, worktree: worktree.path },
    role: transcript === undefined ? "task" : "evidence",
    title,
    branch: branch ?? worktree?.branch ?? null,
    agent: { kind: "claude_code", name: null },
    activity: read.activity,
    liveness: transcript?.liveness ?? null,
  };
}
