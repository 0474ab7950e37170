import type { History } from "./history.ts";
import type { HealthReport } from "./report.ts";
import { formatTime } from "./time.ts";

/** How often cron runs the monitor (README). */
export const scheduledEveryMs = 4 * 60_000;

type RunGap = Pick<HealthReport["run"], "previous_run_at" | "gap_s" | "missed_runs">;

/**
 * The time since the run before this one; as `gap_s` only when at least one scheduled run must have been missed in it,
 * else 0. `missed_runs` only where cron started the run before: others promise no next one. All null on the first run.
 */
export function runGap(history: History, now: number): RunGap {
  const { previousRunAt, previousTrigger } = history;
  if (previousRunAt === null) return { previous_run_at: null, gap_s: null, missed_runs: null };
  const passedMs = now - previousRunAt;
  return {
    previous_run_at: formatTime(previousRunAt),
    gap_s: passedMs < 2 * scheduledEveryMs ? 0 : Math.floor(passedMs / 1_000),
    missed_runs: previousTrigger === "cron" ? Math.max(0, Math.floor(passedMs / scheduledEveryMs) - 1) : null,
  };
}
