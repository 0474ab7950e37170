import { saysEnded } from "../claims/status-word.ts";
import { placeOf } from "../claims/task-status.ts";
import type { Recalled } from "../log/recall.ts";
import type { Identity, Remembered } from "../log/remembered.ts";
import { plainName } from "../text/safe-text.ts";
import { latest } from "../text/time.ts";
import type { Task } from "./task.ts";

type ShowPath = (path: string) => string;

/** What names a task over time: what the record calls it, else its id, else where it stands. */
export function subjectOf(task: Task, relativePath: ShowPath): string {
  if (task.recordedAs != null) return task.recordedAs;
  if (task.id !== null) return task.id;
  const place = placeIn(task);
  return place === null ? plainName(task.key) : relativePath(place);
}

function placeIn({ status, streams }: Task): string | null {
  if (status !== null) return placeOf(status);
  return streams.find(({ identity }) => identity.worktree !== null)?.identity.worktree ?? null;
}

/**
 * The tasks under the names by which the record knows them: an id that came late, was changed or went with its status file
 * makes no other task of what stands where it stood. What a log holds under the recorded name is its own. Pure.
 */
export function nameAsRecorded(
  tasks: readonly Task[],
  { readers, ends }: Recalled,
  { places }: Pick<Remembered, "places">,
  relativePath: ShowPath,
): readonly Task[] {
  const own = new Map(tasks.map((task) => [subjectOf(task, relativePath), task]));
  const isKnown = (name: string) =>
    ends.has(name) || [...readers.values()].some((reader) => reader.tasks.has(name));
  const absorbed = new Set<Task>();
  const named = tasks.map((task) => {
    const worktree = placeIn(task);
    const was = worktree === null ? undefined : places.get(relativePath(worktree));
    if (was === undefined || isKnown(subjectOf(task, relativePath))) return task;
    const other = own.get(was.subject);
    const isTaken = other !== undefined && (other.status !== null || other.delegations.length > 0);
    if (isTaken || !isSame(task, was, ends.has(was.subject))) return task;
    if (other !== undefined) absorbed.add(other);
    return { ...task, recordedAs: was.subject, streams: [...task.streams, ...(other?.streams ?? [])] };
  });
  return named.filter((task) => !absorbed.has(task));
}

// The next task in the same place begins later than the record last wrote of the one before.
function isSame({ status, streams }: Task, was: Identity, hasEnded: boolean): boolean {
  const claim = status?.status ?? null;
  if (claim === null)
    return streams.some(({ identity: { sessionId } }) => sessionId !== null && sessionId === was.sessionId);
  const begunAt = latest([claim.createdAt, claim.startedAt]);
  if (begunAt === null || begunAt > was.at) return false;
  if (!hasEnded && was.taskId === null) return true;
  const saidAt = latest([begunAt, claim.updatedAt, claim.completedAt]) ?? begunAt;
  return saidAt <= was.at && (!hasEnded || saysEnded(claim.status));
}
