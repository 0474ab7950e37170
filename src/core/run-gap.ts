import type { History } from "./history.ts";
import { formatTime } from "./time.ts";

/** How often cron runs the monitor (README). */
export const scheduledEveryMs = 4 * 60_000;

/**
 * The time since the run before this one; as `gap_s` only when at least one scheduled run must have been missed in it,
 * else 0; null when there was no run before.
 */
export function runGap(
  history: History,
  now: number,
): { readonly previous_run_at: string | null; readonly gap_s: number | null } {
  if (history.previousRunAt === null) return { previous_run_at: null, gap_s: null };
  const passedMs = now - history.previousRunAt;
  return {
    previous_run_at: formatTime(history.previousRunAt),
    gap_s: passedMs < 2 * scheduledEveryMs ? 0 : Math.floor(passedMs / 1_000),
  };
}

/** Scheduled runs that did not happen since the run before; null when runs are not scheduled here. */
export function missedRuns(history: History, now: number): number | null {
  if (history.previousRunAt === null || history.previousTrigger !== "cron") return null;
  return Math.max(0, Math.floor((now - history.previousRunAt) / scheduledEveryMs) - 1);
}
