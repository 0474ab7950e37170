import type { Stream } from "../../core/stream.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import type { StreamRead } from "./read-stream.ts";
import { keyOf } from "./session-stream.ts";

/** The stream of a launcher's log; it is a task of its own only where the session's transcript is not to be found. */
export function logStream(
  path: string,
  read: StreamRead,
  worktrees: readonly Worktree[],
  known: ReadonlyMap<string, Stream>,
): Stream {
  const { sessionId, cwd, branch, title } = read.state;
  const worktree = cwd === null ? null : (worktreeOf(worktrees, cwd) ?? worktreeOf(worktrees, realPath(cwd)));
  const transcript = sessionId === null ? undefined : known.get(keyOf(sessionId));
  return {
    key: `claude_code:log:${path}`,
    source: "claude_code",
    file: path,
    identity: { taskId: null, requestId: null, sessionId, worktree: worktree?.path ?? null },
    parentKey: null,
    role: transcript === undefined ? "task" : "evidence",
    title,
    branch: branch ?? worktree?.branch ?? null,
    agent: { kind: "claude_code", name: null },
    activity: read.activity,
    isInteractive: false,
    liveness: transcript?.liveness ?? null,
    waiting: null,
    busyWith: null,
    claims: [],
    notes: [],
  };
}
