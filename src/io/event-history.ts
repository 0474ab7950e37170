import { type Run, runsOf } from "../core/log/gaps.ts";
import { healths } from "../core/log/health.ts";
import { type History, noHistory, recall, type TaskHistory } from "../core/log/history.ts";
import { type Identity, nothingRemembered, type Remembered, remember } from "../core/log/remembered.ts";
import { plural } from "../core/text/duration.ts";
import { hasFields, recordOf } from "../core/text/fields.ts";
import { isKeepable } from "../core/text/safe-text.ts";
import { type EventLogPlace, readEventLog } from "./event-log.ts";

/** What the event log tells of the runs up to a moment. */
export type Past = {
  readonly history: History;
  readonly remembered: Remembered;
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
  const earlier = isKeptPast(kept) ? kept : null;
  const { events, skippedLines, trouble, place, goesOn } = readEventLog(path, earlier?.place ?? null);
  const before = goesOn && earlier !== null ? unpackPast(earlier) : nothing;
  const past = {
    history: recall(events, now, before.history),
    remembered: remember(events, now, before.remembered),
    runs: [...before.runs, ...runsOf(events, now)],
    eventCount: before.eventCount + events.length,
    skippedLines: before.skippedLines + skippedLines,
  };
  // What is later than this look was left out: the next one reads it again.
  const isUpToNow = events.every(({ time }) => Date.parse(time) <= now);
  const next = place !== null && isUpToNow ? packPast(past, place) : null;
  return { ...past, trouble, kept: isKeepable(next) ? next : null };
}

const nothing: Past = {
  history: noHistory,
  remembered: nothingRemembered,
  runs: [],
  eventCount: 0,
  skippedLines: 0,
};

/** Why the log at `path` without a run cannot be the first one's; null when it can. */
export function lostRecord(
  { trouble, skippedLines }: PastRead,
  path: string,
  hasCheckpoint: boolean,
): string | null {
  if (trouble !== null) return `${path} ${trouble}`;
  const skipped = plural(skippedLines, "line");
  if (skippedLines > 0) return `${path} holds no earlier run (${skipped} could not be read)`;
  // The checkpoint is written by recorded runs only: it outlived the log.
  return hasCheckpoint ? `${path} is gone since the last run` : null;
}

const keptVersion = 2;

/** A past as it is kept: maps and sets as lists. */
export type KeptPast = Omit<Past, "history" | "remembered" | "runs"> & {
  readonly remembered: {
    readonly unseen: readonly (readonly [key: string, at: number])[];
    readonly places: readonly (readonly [worktree: string, whose: Identity])[];
  };
  readonly version: typeof keptVersion;
  readonly place: EventLogPlace;
  readonly history: Omit<History, "tasks" | "begun"> & {
    readonly tasks: readonly (readonly [subject: string, history: TaskHistory])[];
    readonly begun: { readonly runId: string; readonly subjects: readonly string[] } | null;
  };
  readonly runs: readonly (readonly [at: number, isScheduled: 0 | 1])[];
};

/** Whether this is what `packPast` made. By hand, since every run asks: what is not must not reach the report. */
export function isKeptPast(value: unknown): value is KeptPast {
  return hasFields(value, {
    version: (version) => version === keptVersion,
    place: (place) => hasFields(place, { begin: isNumber, cursor: isObject }),
    eventCount: isNumber,
    skippedLines: isNumber,
    history: isHistory,
    remembered: (remembered) =>
      hasFields(remembered, {
        unseen: (pairs) => isListOf(pairs, (pair) => isPair(pair, isNumber)),
        places: (pairs) => isListOf(pairs, (pair) => isPair(pair, isIdentity)),
      } satisfies Checks<Remembered>),
    runs: (runs) => isListOf(runs, (run) => isListOf(run, isNumber)),
  } satisfies Checks<KeptPast>);
}

function isHistory(value: unknown): boolean {
  return hasFields(value, {
    previousRunAt: orNull(isNumber),
    previousTrigger: orNull(isText),
    tasks: (tasks) =>
      isListOf(
        tasks,
        (task) => Array.isArray(task) && isText(task[0]) && hasFields(task[1], taskHistoryChecks),
      ),
    hasToldChanges: isFlag,
    recentIds: (ids) => isListOf(ids, isText),
    laterId: orNull(isText),
    begun: orNull((run) => hasFields(run, { runId: isText, subjects: (names) => isListOf(names, isText) })),
  } satisfies Checks<History>);
}

/** One for every field, or the compiler says which is missing. */
type Checks<T> = Readonly<Record<keyof T, (field: unknown) => boolean>>;

const isNumber = (field: unknown) => typeof field === "number";
const isText = (field: unknown) => typeof field === "string";
const isFlag = (field: unknown) => typeof field === "boolean";
const isObject = (field: unknown) => recordOf(field) !== null;
const isHealth = (field: unknown) => healths.some((health) => health === field);
const isListOf = (field: unknown, isItem: (item: unknown) => boolean) =>
  Array.isArray(field) && field.every(isItem);
const isPair = (field: unknown, isValue: (value: unknown) => boolean) =>
  Array.isArray(field) && isText(field[0]) && isValue(field[1]);
const isIdentity = (field: unknown) =>
  hasFields(field, {
    taskId: orNull(isText),
    title: isText,
    sessionId: orNull(isText),
  } satisfies Checks<Identity>);
const orNull = (check: (field: unknown) => boolean) => (field: unknown) => field === null || check(field);

const taskHistoryChecks: Checks<TaskHistory> = {
  health: isHealth,
  reason: isText,
  cameFrom: orNull(isHealth),
  firstSeenAt: isNumber,
  lastSeenAt: isNumber,
  count: isNumber,
  changes: isNumber,
  isFlapping: isFlag,
  seconds: (seconds) => isObject(seconds) && Object.values(recordOf(seconds) ?? {}).every(isNumber),
  lastStillAt: orNull(isNumber),
  isFinished: isFlag,
  hasRecovered: isFlag,
  told: orNull((told) => hasFields(told, { health: isHealth, isFlapping: isFlag, at: isNumber })),
};

/** The same as plain JSON. `place`: how far the log was read. */
export function packPast({ history, remembered, runs, ...counts }: Past, place: EventLogPlace): KeptPast {
  const { tasks, begun } = history;
  return {
    version: keptVersion,
    place,
    ...counts,
    remembered: { unseen: [...remembered.unseen], places: [...remembered.places] },
    history: { ...history, tasks: [...tasks], begun: begun && { ...begun, subjects: [...begun.subjects] } },
    runs: runs.map(({ at, isScheduled }) => [at, isScheduled ? 1 : 0]),
  };
}

/** The past that was packed. */
export function unpackPast({ history, remembered, runs, eventCount, skippedLines }: KeptPast): Past {
  const { tasks, begun } = history;
  return {
    eventCount,
    skippedLines,
    remembered: { unseen: new Map(remembered.unseen), places: new Map(remembered.places) },
    history: {
      ...history,
      tasks: new Map(tasks),
      begun: begun && { ...begun, subjects: new Set(begun.subjects) },
    },
    runs: runs.map(([at, isScheduled]) => ({ at, isScheduled: isScheduled === 1 })),
  };
}
