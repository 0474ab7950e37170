import { intervalOf } from "../log/history.ts";
import type { RecalledRun } from "../log/recalled-event.ts";
import { isInside, type Window } from "./window.ts";

/** One run with the state of every open task, also where it wrote down none because nothing had changed. */
export type Look = {
  readonly at: number;
  readonly reader: string;
  readonly isScheduled: boolean;
  /** How far apart cron's runs for its reader are; milliseconds, null without cron. */
  readonly intervalMs: number | null;
  /** Subject → `health/reason`. */
  readonly states: Readonly<Record<string, string>>;
};

/** The looks of each reader among `runs` (ordered by time). What was written before there were readers is the first's. */
export function looksOf(runs: readonly RecalledRun[]): ReadonlyMap<string, readonly Look[]> {
  const looks = new Map<string, Look[]>();
  const first = runs.find(({ data }) => data.reader !== "")?.data.reader ?? "";
  for (const { time, data } of runs) {
    const reader = data.reader === "" ? first : data.reader;
    const own = looks.get(reader) ?? [];
    const before = own.at(-1);
    own.push({
      at: Date.parse(time),
      reader,
      isScheduled: data.trigger === "cron",
      intervalMs: intervalOf(data.trigger, data.interval_s) ?? before?.intervalMs ?? null,
      states: data.tasks ?? before?.states ?? {},
    });
    looks.set(reader, own);
  }
  return looks;
}

/**
 * The looks of the reader who looked most often in the window: two views of one task would count its troubles twice. Of a
 * reader that cron runs for, a look by hand in between confirms nothing.
 */
export function mainLooks(all: ReadonlyMap<string, readonly Look[]>, window: Window): readonly Look[] {
  const countIn = (looks: readonly Look[]) => looks.filter(({ at }) => isInside(window, at)).length;
  const most = [...all.values()].toSorted((a, b) => countIn(b) - countIn(a))[0] ?? [];
  const scheduled = most.filter(({ isScheduled }) => isScheduled);
  return countIn(scheduled) > 0 ? scheduled : most;
}
