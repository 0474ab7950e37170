import type { StatusReading } from "./task-status.ts";

/** Whose or what a record is: ids as they stand in the files; null where it does not say. */
export type Names = {
  readonly taskId: string | null;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  /** A path or a folder's name. */
  readonly worktree: string | null;
};

/** Everything that status files name: what else names one of these may be of their tasks. */
export function claimedNames(readings: readonly StatusReading[]): ReadonlySet<string> {
  return new Set(readings.flatMap(namesOfClaim));
}

/** The names in one status file, and its worktree's. */
export function namesOfClaim({ status, worktree }: StatusReading): string[] {
  const { taskId = null, requestId = null, sessionId = null } = status ?? {};
  return namesOf({ taskId, requestId, sessionId, worktree });
}

/** The names of a record, each with what it is a name of; of a worktree its folder's alone. */
export function namesOf({ taskId, requestId, sessionId, worktree }: Names): string[] {
  const names: string[] = [];
  if (taskId !== null) names.push(`task ${taskId}`);
  if (requestId !== null) names.push(`request ${requestId}`);
  if (sessionId !== null) names.push(`session ${sessionId}`);
  if (worktree !== null) names.push(`worktree ${folderName(worktree)}`);
  return names;
}

function folderName(path: string): string {
  const bare = path.replace(/\/+$/, "");
  return bare.slice(bare.lastIndexOf("/") + 1);
}
