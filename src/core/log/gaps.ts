import type { Gap } from "../text/time.ts";
import { formatTime } from "../text/time.ts";
import type { RecalledEvent } from "./recalled-event.ts";

/** When a run was, epoch milliseconds, for whom ("": before there were readers), and whether cron started it. */
export type Run = { readonly at: number; readonly reader: string; readonly isScheduled: boolean };

/** The runs among recorded events that are not later than `now`, in their order. */
export function runsOf(events: Iterable<RecalledEvent>, now: number): Run[] {
  const runs: Run[] = [];
  for (const event of events) {
    const at = Date.parse(event.time);
    if (event.type === "agentmonitor.run.v1" && at <= now)
      runs.push({ at, reader: event.data.reader, isScheduled: event.data.trigger === "cron" });
  }
  return runs;
}

/** How often cron is taken to run the monitor before two runs tell. */
export const firstGuessMs = 4 * 60_000;
/** A single pause up to this is taken for the interval: an hourly cron is the slowest that says anything in time. */
const longestFirstMs = 60 * 60_000;
/** How many pauses an interval is the median of. */
const pausesUsed = 7;
/** Runs that are closer overlap. */
const shortestMs = 30_000;

/** The pause after a scheduled run with the interval that was usual around it; epoch milliseconds and milliseconds. */
export type Pause = { readonly from: number; readonly to: number; readonly intervalMs: number };

/** The pauses between `times` (in order), the last one up to `end`, each with the median of those around it. */
export function pausesOf(times: readonly number[], end: number): readonly Pause[] {
  const starts = times.filter(
    (at, index) => at < end && at - (times[index - 1] ?? -shortestMs) >= shortestMs,
  );
  const lengths = starts.map((from, index) => (starts[index + 1] ?? end) - from);
  return starts.map((from, index) => {
    const first = Math.max(0, Math.min(index - (pausesUsed >> 1), lengths.length - pausesUsed));
    const around = lengths.slice(first, first + pausesUsed).filter((length) => length >= shortestMs);
    return { from, to: from + (lengths[index] ?? 0), intervalMs: usualOf(around) };
  });
}

// The lower median: of a run and a sleep, the run counts. Two runs that somebody made at once are no interval yet.
function usualOf(lengths: readonly number[]): number {
  const [only] = lengths;
  if (only === undefined || (lengths.length === 1 && only > longestFirstMs)) return firstGuessMs;
  const median = lengths.toSorted((a, b) => a - b)[(lengths.length - 1) >> 1] ?? firstGuessMs;
  return lengths.length < 3 ? Math.max(median, firstGuessMs) : median;
}

/** Whether so long a pause is no mere delay: at least one run was missed. */
export function isMissing(passedMs: number, intervalMs: number): boolean {
  return passedMs >= 2 * intervalMs;
}

/**
 * The stretches in which scheduled runs were missed, up to `now`. Only runs that cron started promise a next one, and any
 * run, whoever made it, shows that the machine was awake. Of several crons the fastest that was at work tells.
 */
export function findGaps(runs: readonly Run[], now: number): readonly Gap[] {
  const inOrder = runs.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
  const readers = new Set(inOrder.flatMap(({ reader, isScheduled }) => (isScheduled ? [reader] : [])));
  const promises = [...readers].flatMap((reader) => pausesOf(timesOf(inOrder, reader), now));
  const starts = inOrder.map(({ at }) => at);
  return promises
    .filter(({ from, to, intervalMs }) => isMissing(to - from, intervalMs))
    .flatMap(({ from, intervalMs }) => {
      const to = firstAfter(starts, from) ?? now;
      return isMissing(to - from, intervalMs) ? [{ from, to }] : [];
    })
    .sort((a, b) => a.from - b.from)
    .filter(({ to }, index, all) => to !== all[index - 1]?.to);
}

// By halves: a log holds thousands of runs.
function firstAfter(sorted: readonly number[], at: number): number | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}

function timesOf(inOrder: readonly Run[], reader: string): number[] {
  return inOrder.flatMap((run) =>
    run.isScheduled && (run.reader === reader || run.reader === "") ? [run.at] : [],
  );
}

type RunGap = {
  readonly previous_run_at: string | null;
  readonly interval_s: number | null;
  readonly gap_s: number | null;
  readonly missed_runs: number | null;
};

/**
 * The time since the run for `reader` before this one; as `gap_s` only when at least one scheduled run must have been
 * missed in it, else 0. `missed_runs` only where cron runs for it: others promise no next one. All null on the first run.
 */
export function runGap(runs: readonly Run[], reader: string, now: number): RunGap {
  const own = runs
    .filter((run) => run.at <= now && (run.reader === reader || run.reader === ""))
    .toSorted((a, b) => a.at - b.at);
  const previous = own.at(-1);
  if (previous === undefined)
    return { previous_run_at: null, interval_s: null, gap_s: null, missed_runs: null };
  const pause = pausesOf(timesOf(own, reader), now).at(-1);
  const intervalMs = pause?.intervalMs ?? firstGuessMs;
  const passedMs = now - previous.at;
  return {
    previous_run_at: formatTime(previous.at),
    interval_s: pause === undefined ? null : Math.round(intervalMs / 1_000),
    gap_s: isMissing(passedMs, intervalMs) ? Math.floor(passedMs / 1_000) : 0,
    missed_runs:
      pause === undefined || !previous.isScheduled
        ? null
        : isMissing(passedMs, intervalMs)
          ? Math.max(1, Math.round(passedMs / intervalMs) - 1)
          : 0,
  };
}
