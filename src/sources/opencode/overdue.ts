import type { Activity } from "../../core/activity.ts";
import { formatDuration } from "../../core/duration.ts";

const graceMs = 10_000;

/**
 * Calls that are open beyond their own time limit, for people. OpenCode stops a command then: such a call belongs to a dead
 * process, or waits for a permission.
 */
export function overdueNotes({ ended, openCalls }: Activity, now: number): string[] {
  if (ended !== null) return [];
  return openCalls.flatMap(({ tool, timeoutMs, startedAt }) => {
    const overMs = timeoutMs === null ? 0 : now - startedAt - timeoutMs;
    if (timeoutMs === null || overMs <= graceMs) return [];
    return [
      `${tool} is open ${formatDuration(overMs)} beyond its own time limit of ${formatDuration(timeoutMs)}`,
    ];
  });
}
