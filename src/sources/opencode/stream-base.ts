import type { Launch } from "./launches.ts";
import type { Opened } from "./opened.ts";

export function keyOf(sessionId: string): string {
  return `opencode:${sessionId}`;
}

/** What is the same in the stream of a session and in that of a place in the queue. */
export function streamBase({ session, worktree }: Opened, launch: Launch | null, file: string) {
  return {
    source: "opencode",
    file,
    identity: {
      taskId: launch?.taskId ?? null,
      requestId: null,
      sessionId: launch === null ? session.id : launch.sessionId,
      worktree: worktree?.path ?? null,
    },
    branch: worktree?.branch ?? null,
    // `opencode run` and background children end by themselves; nothing on disk marks the others.
    isInteractive: false,
    waiting: null,
  } as const;
}
