import { pausesOf } from "../log/gaps.ts";
import type { Look } from "./looks.ts";
import { isInside, type Window } from "./window.ts";

export type Coverage = {
  readonly recorded: number;
  readonly seen: number;
  readonly due: number | null;
  readonly coverage_pct: number | null;
};

/**
 * How much of the window scheduled runs saw. After each run others were due, as far apart as those around it were, until
 * the next one came; nothing is due where cron never ran. `recorded`: all runs of the window, whoever made them.
 */
export function measureCoverage(looks: readonly Look[], recorded: number, window: Window): Coverage {
  const times = looks.filter(({ isScheduled }) => isScheduled).map(({ at }) => at);
  if (times.length === 0) return { recorded, seen: 0, due: null, coverage_pct: null };
  let [seen, due] = [0, 0];
  for (const { from, to, intervalMs } of pausesOf(times, window.to)) {
    const count = Math.max(1, Math.round((to - from) / intervalMs));
    for (let index = 0; index < count; index += 1) {
      if (!isInside(window, from + index * intervalMs)) continue;
      due += 1;
      if (index === 0) seen += 1;
    }
  }
  return { recorded, seen, due, coverage_pct: percentOf(seen, due) };
}

/** To a tenth of a percent; null of nothing. */
export function percentOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1_000) / 10;
}
