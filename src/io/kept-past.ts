import { hasFields, recordOf } from "../core/fields.ts";
import { healths } from "../core/finding.ts";
import type { History, TaskHistory } from "../core/history.ts";
import type { EventLogPlace } from "./event-log.ts";
import type { Past } from "./past.ts";

const keptVersion = 1;

/** A past as it is kept: maps and sets as lists. */
export type KeptPast = Omit<Past, "history" | "runs"> & {
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
export function packPast({ history, runs, ...counts }: Past, place: EventLogPlace): KeptPast {
  const { tasks, begun } = history;
  return {
    version: keptVersion,
    place,
    ...counts,
    history: { ...history, tasks: [...tasks], begun: begun && { ...begun, subjects: [...begun.subjects] } },
    runs: runs.map(({ at, isScheduled }) => [at, isScheduled ? 1 : 0]),
  };
}

/** The past that was packed. */
export function unpackPast({ history, runs, eventCount, skippedLines }: KeptPast): Past {
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
