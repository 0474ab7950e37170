import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import { identityFromName, listLauncherLogs } from "../launcher-log.ts";
import type { FileRead } from "./files.ts";
import { ClaudeRecord } from "./records.ts";
import { keyOf } from "./session.ts";

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

/** The stream of a launcher's log; it is a task of its own only where the session's transcript is not to be found. */
export function logStream(
  path: string,
  read: FileRead,
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
