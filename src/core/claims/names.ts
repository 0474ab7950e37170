import type { StatusReading } from "./task-status.ts";

/** Whose or what a record is: ids as they stand in the files; null where it does not say. */
export type Names = {
  readonly taskId: string | null;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  /** A path or a folder's name. */
  readonly worktree: string | null;
};

/** What is left of a status file whose work ended long ago, and that names nothing that goes on. */
export type EndedClaim = {
  readonly path: string;
  readonly worktree: string;
  readonly branch: string | null;
  readonly names: readonly string[];
};

/** Everything that status files name: what else names one of these may be of their tasks. */
export function claimedNames(readings: readonly StatusReading[]): ReadonlySet<string> {
  return new Set(readings.flatMap(namesOfClaim));
}

/** The names in one status file, and its worktree's. */
export function namesOfClaim({ status, lastKnown, worktree }: StatusReading): string[] {
  const { taskId = null, sessionId = null } = status ?? lastKnown ?? {};
  const requestId = status?.requestId ?? null;
  return namesOf({ taskId, requestId, sessionId, worktree });
}

/** The names of a record, each with what it is a name of; of a worktree its folder's alone. */
export function namesOf({ taskId, requestId, sessionId, worktree }: Names): string[] {
  const names: string[] = [];
  if (taskId !== null) names.push(`task ${taskId}`);
  if (requestId !== null) names.push(`request ${requestId}`);
  if (sessionId !== null) names.push(sessionPrefix + sessionId);
  if (worktree !== null) names.push(`worktree ${folderName(worktree)}`);
  return names;
}

const sessionPrefix = "session ";

function folderName(path: string): string {
  const bare = path.replace(/\/+$/, "");
  return bare.slice(bare.lastIndexOf("/") + 1);
}

type Place = { readonly path: string; readonly branch: string | null };

/** Session id → worktree whose status file names it. An id that several name is their launcher's own session, and nobody's work. */
export function findClaimedSessions(
  readings: readonly StatusReading[],
  ended: readonly EndedClaim[] = [],
): ReadonlyMap<string, Place> {
  const claimed = new Map<string, Place | null>();
  const claim = (id: string, path: string, branch: string | null) =>
    claimed.set(id, claimed.has(id) ? null : { path, branch });
  for (const { status, worktree, branch } of readings)
    if (status?.sessionId != null) claim(status.sessionId, worktree, branch);
  for (const { names, worktree, branch } of ended)
    for (const name of names)
      if (name.startsWith(sessionPrefix)) claim(name.slice(sessionPrefix.length), worktree, branch);
  return new Map([...claimed].flatMap(([id, place]) => (place === null ? [] : [[id, place]])));
}
