import { join } from "node:path";
import type { Liveness } from "../../core/stream.ts";
import type { Processes } from "../../io/processes.ts";
import { exactStatsOf } from "../../io/stats.ts";
import { realPath } from "../../io/worktrees.ts";

/** Programs that could be Codex, or hide their name. */
const couldBeCodex = /codex|^\?$/i;

/**
 * Whether the process of a thread lives: its writer lock (0.147 and later), else who holds its rollout open. A lock is
 * looked up among the kernel's locks and never taken.
 */
export function threadLiveness(home: string, threadId: string, path: string, processes: Processes): Liveness {
  const files = processes.openFiles();
  const inode = inodeOf(join(home, "thread-writer-locks", `${threadId}.lock`));
  const locks = inode === null ? null : processes.lockHolders();
  const lockedBy = inode === null ? undefined : locks?.get(inode);
  if (lockedBy !== undefined)
    return { state: "alive", pid: lockedBy, says: `thread lock is held by pid ${lockedBy}` };
  const holder = files?.pids.get(path)?.[0] ?? files?.pids.get(realPath(path))?.[0];
  if (holder !== undefined) return { state: "alive", pid: holder, says: `rollout is open in pid ${holder}` };
  // A clean exit removes the lock; a kill leaves it behind.
  if (locks !== null)
    return { state: "gone", pid: null, says: "thread lock is left behind, nobody holds it" };
  if (files === null) return { state: "unknown", pid: null, says: "processes cannot be read" };
  if ([...files.unseen].some((program) => couldBeCodex.test(program)))
    return { state: "unknown", pid: null, says: "a process that may be Codex does not show its files" };
  return { state: "gone", pid: null, says: "no process holds its rollout open" };
}

function inodeOf(path: string): string | null {
  return exactStatsOf(path)?.ino.toString() ?? null;
}
