import { requestedAt } from "../claims/delegation.ts";
import { clockToleranceMs, saysEnded } from "../claims/task-status.ts";
import type { Task } from "../join/task.ts";
import type { RecordedEnd } from "../log/event.ts";
import { type Health, isEnded } from "../log/health.ts";
import { latest } from "../text/time.ts";
import type { Verdict } from "./rules/rule.ts";

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

/** When an attempt later than the recorded end was asked for or begun, if one was: by its claim, request or next prompt. */
export function begunAgainAt(task: Task, end: RecordedEnd): number | null {
  const claim = task.status?.status ?? null;
  const [delegation] = task.delegations;
  const begun = [
    claim?.createdAt,
    claim?.startedAt,
    delegation === undefined ? null : requestedAt(delegation),
    ...task.streams.map(({ activity }) => activity.lastUserMessageAt),
  ];
  return latest(begun.map((at) => (at != null && at > overAt(end) ? at : null)));
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
    if (claimedAt === null || claimedAt > over) return true;
  }
  if (end.reason !== "process_gone") return false;
  return [task.process, ...task.streams.map(({ liveness }) => liveness)].some(
    (each) => each?.state === "alive",
  );
}

/** Whether an end that evidence shows is the one on record, not that of a later attempt. */
export function isSameEnd(task: Task, health: Health, end: RecordedEnd | null): boolean {
  return end !== null && healthOfOutcome[end.outcome] === health && begunAgainAt(task, end) === null;
}

/**
 * The verdict with the end that is on record, where what is left of the task says less than the record does: its status
 * file, its worktree or a part of a log is gone. null: the verdict stands as it is.
 */
export function keepEnd(end: RecordedEnd, { finding, origin }: Verdict, health: Health): Verdict | null {
  const recorded = healthOfOutcome[end.outcome];
  if (health === recorded) return null;
  // Of two ends that disagree the bad one counts, unless the good one is later. When a process went, nothing says.
  const isCorrected =
    isEnded(health) &&
    finding.code !== "process_gone" &&
    (health !== "completed" || (origin.at ?? 0) > overAt(end));
  if (isCorrected) return null;
  return {
    finding: {
      code: `${recorded}_on_record`,
      at: end.at,
      reason: end.reason,
      durationMs: end.durationS === null ? null : end.durationS * 1_000,
    },
    basis: "reported",
    origin: { source: "background_monitoring.jsonl", file: null, line: null, at: end.endedAt ?? end.at },
  };
}
