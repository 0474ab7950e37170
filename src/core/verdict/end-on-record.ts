import { requestedAt } from "../claims/delegation.ts";
import { saysEnded } from "../claims/status-word.ts";
import type { Task } from "../join/task.ts";
import type { Health } from "../log/health.ts";
import type { RecordedEnd } from "../log/recalled-event.ts";
import { clockToleranceMs, latest } from "../text/time.ts";

/** The health that a recorded outcome means. */
export const healthOfOutcome = {
  success: "completed",
  failure: "failed",
  timeout: "failed",
  cancelled: "cancelled",
} as const satisfies Record<RecordedEnd["outcome"], Health>;

/** The last instant that a recorded end speaks of; epoch milliseconds. */
export function overAt({ at, endedAt, lastActivityAt }: RecordedEnd): number {
  return latest([endedAt, lastActivityAt]) ?? at;
}

// What was dated before the run that recorded the end was known to it.
function knownUntil(end: RecordedEnd): number {
  return Math.max(overAt(end), end.at);
}

/** When an attempt later than the recorded end was asked for or begun, if one was: by its claim, request or next prompt. */
function begunAgainAt(task: Task, end: RecordedEnd): number | null {
  const claim = task.status?.status ?? null;
  const [delegation] = task.delegations;
  const begun = [
    claim?.createdAt,
    claim?.startedAt,
    delegation === undefined ? null : requestedAt(delegation),
    ...task.streams.map(({ activity }) => activity.lastUserMessageAt),
  ];
  return latest(begun.map((at) => (at != null && at > knownUntil(end) ? at : null)));
}

/**
 * Whether something later than the recorded end says that the task works: activity, an open claim, a process that was
 * taken for dead. Records that left their files say nothing.
 */
export function worksAgain(task: Task, end: RecordedEnd): boolean {
  if (begunAgainAt(task, end) !== null) return true;
  const over = overAt(end);
  // The last lines of what ended may be written after its end was.
  const isLater = (at: number | null) => (at ?? 0) > over + clockToleranceMs;
  if ([...task.streams, ...task.children].some(({ activity }) => isLater(activity.lastActivityAt)))
    return true;
  const claim = task.status?.status ?? null;
  if (claim !== null && !saysEnded(claim.status)) {
    const claimedAt = latest([claim.updatedAt, claim.createdAt, claim.startedAt]);
    if (claimedAt === null || claimedAt > knownUntil(end)) return true;
  }
  if (end.reason !== "process_gone") return false;
  return [task.process, ...task.streams.map(({ liveness }) => liveness)].some(
    (each) => each?.state === "alive",
  );
}

/**
 * Whether an end that evidence shows, at `endedAt`, is the one on record, not that of a later attempt. A record that went on
 * to say the same is the same.
 */
export function isSameEnd(
  task: Task,
  health: Health,
  endedAt: number | null,
  end: RecordedEnd | null,
): boolean {
  if (end === null || healthOfOutcome[end.outcome] !== health || begunAgainAt(task, end) !== null)
    return false;
  return !worksAgain(task, end) || (endedAt ?? 0) <= overAt(end) + clockToleranceMs;
}
