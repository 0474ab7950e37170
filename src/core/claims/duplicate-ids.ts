import { plainName } from "../text/safe-text.ts";
import type { StatusReading } from "./task-status.ts";

/**
 * Of status files that claim one task id the one that had it first keeps it: by the record, else the one created first,
 * else the first by path. The others stay, known by their worktrees, and say so. `recordedFor`: the worktree for which a
 * run recorded an id, null where none did.
 */
export function settleDuplicateIds(
  readings: readonly StatusReading[],
  recordedFor: (taskId: string) => string | null = () => null,
): readonly StatusReading[] {
  const owners = new Map<string, StatusReading>();
  for (const reading of readings) {
    const id = reading.status?.taskId ?? null;
    if (id === null) continue;
    const owner = owners.get(id);
    if (owner === undefined || isEarlier(reading, owner, recordedFor(id))) owners.set(id, reading);
  }
  return readings.map((reading) => {
    const { status, path } = reading;
    const id = status?.taskId ?? null;
    const owner = id === null ? undefined : owners.get(id);
    if (status === null || id === null || owner === undefined || owner === reading) return reading;
    const message = `taskId ${plainName(id)} is that of ${owner.path} too; expected an id of its own`;
    const problem = { code: "duplicate_id" as const, path, line: null, column: null, message };
    return { ...reading, status: { ...status, taskId: null }, problems: [...reading.problems, problem] };
  });
}

function isEarlier(reading: StatusReading, owner: StatusReading, recorded: string | null): boolean {
  if (recorded !== null && [reading, owner].some(({ worktree }) => worktree === recorded))
    return reading.worktree === recorded;
  return createdAt(reading) < createdAt(owner);
}

function createdAt({ status }: StatusReading): number {
  return status?.createdAt ?? status?.startedAt ?? Number.POSITIVE_INFINITY;
}

/**
 * Status files that are empty or half written for a moment, with whose they were at the last look. `whoseWas`: what a run
 * recorded of a worktree.
 */
export function keepIdentities(
  readings: readonly StatusReading[],
  whoseWas: (worktree: string) => NonNullable<StatusReading["lastKnown"]> | null,
): readonly StatusReading[] {
  const claimed = new Set(
    readings.flatMap(({ status }) => (status?.taskId == null ? [] : [plainName(status.taskId)])),
  );
  return readings.map((reading) => {
    const isUnreadable = reading.problems.some(
      ({ code }) => code === "empty" || code === "invalid_json" || code === "not_utf8",
    );
    if (!isUnreadable || readings.some((other) => other !== reading && other.worktree === reading.worktree))
      return reading;
    const lastKnown = whoseWas(reading.worktree) ?? reading.lastKnown;
    if (lastKnown === undefined) return reading;
    const { taskId } = lastKnown;
    return {
      ...reading,
      lastKnown: taskId !== null && claimed.has(taskId) ? { ...lastKnown, taskId: null } : lastKnown,
    };
  });
}
