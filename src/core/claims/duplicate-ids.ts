import type { StatusReading } from "./task-status.ts";

/**
 * Of status files that claim one task id only the one created last keeps it: evidence by that id is its. The others stay,
 * known by their worktrees, and say so.
 */
export function settleDuplicateIds(readings: readonly StatusReading[]): readonly StatusReading[] {
  const owners = new Map<string, StatusReading>();
  for (const reading of readings) {
    const id = reading.status?.taskId ?? null;
    if (id === null) continue;
    const owner = owners.get(id);
    if (owner === undefined || createdAt(reading) > createdAt(owner)) owners.set(id, reading);
  }
  return readings.map((reading) => {
    const { status, path } = reading;
    const owner = status?.taskId == null ? undefined : owners.get(status.taskId);
    if (status === null || owner === undefined || owner === reading) return reading;
    const message = `taskId ${status.taskId} is that of ${owner.path} too; expected an id of its own`;
    const problem = { code: "duplicate_id" as const, path, line: null, column: null, message };
    return { ...reading, status: { ...status, taskId: null }, problems: [...reading.problems, problem] };
  });
}

function createdAt({ status }: StatusReading): number {
  return status?.createdAt ?? status?.startedAt ?? 0;
}
