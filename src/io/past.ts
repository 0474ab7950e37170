import { numberIn } from "../core/fields.ts";
import { type Run, runsOf } from "../core/gaps.ts";
import { type History, noHistory, recall, type TaskHistory } from "../core/history.ts";
import { isKeepable } from "../core/plain-text.ts";
import { type EventLogPlace, readEventLog } from "./event-log.ts";

/** What the event log tells of the runs up to a moment. */
export type Past = {
  readonly history: History;
  readonly runs: readonly Run[];
  /** How many events were read, and how many lines were none. */
  readonly eventCount: number;
  readonly skippedLines: number;
};

export type PastRead = Past & {
  /** Why nothing could be read, when that is so; an absent log is simply empty. */
  readonly trouble: string | null;
  /** Plain JSON for the next look. */
  readonly kept: unknown;
};

/** Reads what the event log at `path` tells up to `now` (epoch milliseconds). `kept`: what the last look returned. */
export function readPast(path: string, now: number, kept: unknown = null): PastRead {
  const earlier = isKept(kept) ? kept : null;
  const { events, skippedLines, trouble, place, goesOn } = readEventLog(path, earlier?.place ?? null);
  const before = goesOn && earlier !== null ? unpack(earlier) : nothing;
  const past = {
    history: recall(events, now, before.history),
    runs: [...before.runs, ...runsOf(events, now)],
    eventCount: before.eventCount + events.length,
    skippedLines: before.skippedLines + skippedLines,
  };
  // What is later than this look was left out: the next one reads it again.
  const isUpToNow = events.every(({ time }) => Date.parse(time) <= now);
  const next = place !== null && isUpToNow ? pack(past, place) : null;
  return { ...past, trouble, kept: isKeepable(next) ? next : null };
}

const keptVersion = 1;
const nothing: Past = { history: noHistory, runs: [], eventCount: 0, skippedLines: 0 };

/** A past as it is kept: maps and sets as lists. */
type Kept = Omit<Past, "history" | "runs"> & {
  readonly version: typeof keptVersion;
  readonly place: EventLogPlace;
  readonly history: Omit<History, "tasks" | "begun"> & {
    readonly tasks: readonly (readonly [subject: string, history: TaskHistory])[];
    readonly begun: { readonly runId: string; readonly subjects: readonly string[] } | null;
  };
  readonly runs: readonly (readonly [at: number, isScheduled: 0 | 1])[];
};

// This program wrote it, and the checkpoint's hash vouches for what is inside.
function isKept(value: unknown): value is Kept {
  return numberIn(value, "version") === keptVersion;
}

function pack({ history, runs, ...counts }: Past, place: EventLogPlace): Kept {
  const { tasks, begun } = history;
  return {
    version: keptVersion,
    place,
    ...counts,
    history: { ...history, tasks: [...tasks], begun: begun && { ...begun, subjects: [...begun.subjects] } },
    runs: runs.map(({ at, isScheduled }) => [at, isScheduled ? 1 : 0]),
  };
}

function unpack({ history, runs, eventCount, skippedLines }: Kept): Past {
  const { tasks, begun } = history;
  return {
    eventCount,
    skippedLines,
    history: {
      ...history,
      tasks: new Map(tasks),
      begun: begun && { ...begun, subjects: new Set(begun.subjects) },
    },
    runs: runs.map(([at, isScheduled]) => ({ at, isScheduled: isScheduled === 1 })),
  };
}
