import type { EndedClaim } from "../claims/names.ts";
import { type StatusReading, saysEndedBefore } from "../claims/task-status.ts";
import { isEnded } from "../log/health.ts";
import { latest } from "../text/time.ts";
import type { Assessment } from "../verdict/health.ts";

/**
 * Whether a task still stands in the report: what is claimed to be open, or still lives, always does; what ended,
 * and what only evidence speaks of, if something happened at or after `sinceAt` (epoch milliseconds), or if nothing says when.
 */
export function isReported({ facts, health, verdict }: Assessment, sinceAt: number): boolean {
  const lastAt = latest([verdict.origin.at, facts.lastActivityAt, facts.claim?.updatedAt]);
  const isRecent = lastAt === null || lastAt >= sinceAt;
  if (isEnded(health)) {
    if (verdict.finding.code !== "process_gone") return isRecent;
    // When it died nothing says. A claim that it runs stands until somebody takes it back; without one its last act counts.
    return facts.claim !== null || facts.lastActivityAt === null || facts.lastActivityAt >= sinceAt;
  }
  const isClaimedOpen =
    facts.task.status !== null || (facts.delegation !== null && facts.delegation.result === null);
  // A living process may be silent for days, at its prompt too: it has not ended.
  return isClaimedOpen || isRecent || facts.liveness?.state === "alive";
}

/**
 * Paths of the worktrees whose status files say that their work ended before `since` (epoch milliseconds): of several
 * one that is open keeps it open.
 */
export function findEndedWorktrees(
  readings: readonly StatusReading[],
  since: number,
  ended: readonly EndedClaim[] = [],
): ReadonlySet<string> {
  const isOpen = (reading: StatusReading) => !saysEndedBefore(reading, since);
  const open = new Set(readings.filter(isOpen).map(({ worktree }) => worktree));
  return new Set(
    [...readings, ...ended].map(({ worktree }) => worktree).filter((worktree) => !open.has(worktree)),
  );
}
