import type { Gap } from "../text/time.ts";
import { formatTime } from "../text/time.ts";
import type { RecalledEvent } from "./event.ts";

/** When a run was, epoch milliseconds, and whether cron started it. */
export type Run = { readonly at: number; readonly isScheduled: boolean };

/** The runs among recorded events that are not later than `now`, in their order. */
export function runsOf(events: Iterable<RecalledEvent>, now: number): Run[] {
  const runs: Run[] = [];
  for (const event of events) {
    const at = Date.parse(event.time);
    if (event.type === "agentmonitor.run.v1" && at <= now)
      runs.push({ at, isScheduled: event.data.trigger === "cron" });
  }
  return runs;
}

/**
 * The stretches in which at least one scheduled run was missed, up to `now`. Only runs that cron started promise a next
 * one: a pause between two runs by hand says nothing about the machine.
 */
export function findGaps(runs: readonly Run[], now: number): readonly Gap[] {
  const inOrder = runs.toSorted((a, b) => a.at - b.at);
  return inOrder.flatMap(({ at, isScheduled }, index) => {
    const to = inOrder[index + 1]?.at ?? now;
    return isScheduled && to - at >= 2 * scheduledEveryMs ? [{ from: at, to }] : [];
  });
}

/** How often cron runs the monitor (README). */
export const scheduledEveryMs = 4 * 60_000;

type RunGap = {
  readonly previous_run_at: string | null;
  readonly gap_s: number | null;
  readonly missed_runs: number | null;
};

/**
 * The time since the run before this one; as `gap_s` only when at least one scheduled run must have been missed in it,
 * else 0. `missed_runs` only where cron started the run before: others promise no next one. All null on the first run.
 */
export function runGap(
  { previousRunAt, previousTrigger }: { previousRunAt: number | null; previousTrigger: string | null },
  now: number,
): RunGap {
  if (previousRunAt === null) return { previous_run_at: null, gap_s: null, missed_runs: null };
  const passedMs = now - previousRunAt;
  return {
    previous_run_at: formatTime(previousRunAt),
    gap_s: passedMs < 2 * scheduledEveryMs ? 0 : Math.floor(passedMs / 1_000),
    missed_runs: previousTrigger === "cron" ? Math.max(0, Math.floor(passedMs / scheduledEveryMs) - 1) : null,
  };
}
