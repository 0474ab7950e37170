import { join } from "node:path";
import type { Activity } from "../../core/evidence/activity.ts";
import type { Liveness } from "../../core/evidence/stream.ts";
import { quietMs, withUnwrittenEnd } from "../../core/evidence/unwritten-end.ts";
import { exactStatsOf } from "../../io/open-file.ts";
import type { Processes } from "../../io/processes/processes.ts";
import { realPath } from "../../io/worktrees.ts";
import type { Memory } from "./memory.ts";

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

/** The activity of a thread with a goal, which begins its next turn within milliseconds: until it did not, no turn is the last. */
export function withGoal(
  activity: Activity,
  { goal, isOneShot }: Memory,
  liveness: Liveness,
  now: number,
): Activity {
  const { ended } = activity;
  if (goal?.status !== "active" || isOneShot || liveness.state !== "alive") return activity;
  if (ended?.outcome !== "success" || now - ended.at >= quietMs) return activity;
  return { ...activity, ended: null };
}

/**
 * The activity with the end that versions without turn records leave out. Text is also written in the middle of a turn,
 * and an agent may go on after an interrupt: it is an end only when the process is gone, or nothing followed for a while.
 */
export function withWeakEnd(
  activity: Activity,
  memory: Memory,
  liveness: Liveness,
  isInteractive: boolean,
  now: number,
): Activity {
  const end = memory.weakEnd;
  if (memory.hasTurns || end === null) return activity;
  const isQuiet = now - (activity.lastActivityAt ?? now) >= quietMs;
  const isOver = liveness.state === "gone" || (isQuiet && (liveness.state === "unknown" || isInteractive));
  if (!isOver) return activity;
  const { at, line, outcome, message } = end;
  const words = outcome === "success" ? { message: null, answer: message } : { message };
  return withUnwrittenEnd(activity, { at, line, outcome, ...words });
}
