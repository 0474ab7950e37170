import type { RunEvent } from "../log/event.ts";
import { scheduledEveryMs } from "../log/gaps.ts";

export type Coverage = {
  readonly recorded: number;
  readonly seen: number;
  readonly due: number | null;
  readonly coverage_pct: number | null;
};

/**
 * How much of the window scheduled runs saw. Time is cut into intervals of 4 minutes, counted from the epoch: one is due
 * from the first scheduled run on record, and seen when cron ran in it, however often. Nothing is due where cron never ran.
 */
export function measureCoverage(runs: readonly RunEvent[], window: Window): Coverage {
  const scheduled = runs
    .filter(({ data }) => data.trigger === "cron")
    .map(({ time }) => Math.floor(Date.parse(time) / scheduledEveryMs));
  const recorded = runs.filter(({ time }) => isInside(window, Date.parse(time))).length;
  if (scheduled.length === 0) return { recorded, seen: 0, due: null, coverage_pct: null };
  const first = Math.max(Math.ceil(window.from / scheduledEveryMs), Math.min(...scheduled));
  const end = Math.ceil(window.to / scheduledEveryMs);
  const due = Math.max(0, end - first);
  const seen = new Set(scheduled.filter((interval) => interval >= first && interval < end)).size;
  return { recorded, seen, due, coverage_pct: percentOf(seen, due) };
}

/** To a tenth of a percent; null of nothing. */
export function percentOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1_000) / 10;
}

/** From `from` on, up to and without `to`; epoch milliseconds, so neither time zone nor summer time changes it. */
export type Window = { readonly from: number; readonly to: number };

export function isInside(window: Window, at: number): boolean {
  return at >= window.from && at < window.to;
}
