import { type Health, isEnded } from "../log/health.ts";
import type { RecordedEnd } from "../log/recalled-event.ts";
import { healthOfOutcome, overAt } from "./end-on-record.ts";
import type { Verdict } from "./rules/rule.ts";

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
