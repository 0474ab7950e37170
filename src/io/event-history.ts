import { type Run, runsOf } from "../core/log/gaps.ts";
import { healths } from "../core/log/health.ts";
import type { ReaderHistory, TaskHistory, Told } from "../core/log/history.ts";
import { nothingRecalled, type Recalled, recall } from "../core/log/recall.ts";
import type { RecordedEnd, Used } from "../core/log/recalled-event.ts";
import { type Identity, nothingRemembered, type Remembered, remember } from "../core/log/remembered.ts";
import { plural } from "../core/text/duration.ts";
import { hasFields, recordOf } from "../core/text/fields.ts";
import { type EventLogPlace, readEventLog, readRotatedEvents } from "./event-log.ts";

/** What the event log tells of the runs up to a moment. */
type Past = {
  readonly recalled: Recalled;
  readonly remembered: Remembered;
  readonly runs: readonly Run[];
  /** How many lines were no events. */
  readonly skippedLines: number;
};

export type PastRead = Past & {
  /** The log itself was there. */
  readonly hasLog: boolean;
  /** Why nothing could be read, when that is so; an absent log is simply empty. */
  readonly trouble: string | null;
  /** Plain JSON for the next look. */
  readonly kept: unknown;
};

/**
 * Reads what the event log at `path` tells up to `now` (epoch milliseconds). `kept`: what the last look returned;
 * `findParts`: what a rotation moved away, asked where the log alone does not reach back.
 */
export function readPast(
  path: string,
  now: number,
  kept: unknown = null,
  findParts: () => readonly string[] = () => [],
): PastRead {
  const earlier = isKeptPast(kept) ? kept : null;
  const read = readEventLog(path, earlier?.place ?? null);
  const { skippedLines, trouble, place, goesOn } = read;
  const isFromItsBeginning = !goesOn && trouble === null && (place?.begin ?? 0) === 0;
  const events = isFromItsBeginning ? [...readRotatedEvents(findParts()), ...read.events] : read.events;
  const before = goesOn && earlier !== null ? unpackPast(earlier) : nothing;
  const past = {
    recalled: recall(events, now, before.recalled),
    remembered: remember(events, now, before.remembered),
    runs: [...before.runs, ...runsOf(events, now)],
    skippedLines: before.skippedLines + skippedLines,
  };
  // What is later than this look was left out: the next one reads it again.
  const isUpToNow = events.every(({ time }) => Date.parse(time) <= now);
  const next = place !== null && isUpToNow ? packPast(past, place) : null;
  return { ...past, hasLog: place !== null || read.events.length > 0, trouble, kept: next };
}

const nothing: Past = {
  recalled: nothingRecalled,
  remembered: nothingRemembered,
  runs: [],
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

const keptVersion = 6;

type Listed<Values> = readonly (readonly [name: string, value: Values])[];
type KeptReader = Omit<ReaderHistory, "tasks" | "told" | "inTrouble" | "begun"> & {
  readonly tasks: Listed<TaskHistory>;
  readonly told: Listed<Told>;
  readonly inTrouble: readonly string[];
  readonly begun: { readonly runId: string; readonly subjects: readonly string[] } | null;
};

/** A past as it is kept: maps and sets as lists. */
type KeptPast = Omit<Past, "recalled" | "remembered" | "runs"> & {
  readonly remembered: {
    readonly unseen: readonly (readonly [key: string, at: number])[];
    readonly places: readonly (readonly [worktree: string, whose: Identity])[];
  };
  readonly version: typeof keptVersion;
  readonly place: EventLogPlace;
  readonly recalled: Omit<Recalled, "readers" | "ends"> & {
    readonly readers: Listed<KeptReader>;
    readonly ends: Listed<RecordedEnd>;
  };
  readonly runs: readonly (readonly [at: number, reader: string, isScheduled: boolean])[];
};

/** Whether this is what `packPast` made. By hand, since every run asks: what is not must not reach the report. */
function isKeptPast(value: unknown): value is KeptPast {
  return hasFields(value, {
    version: (version) => version === keptVersion,
    place: (place) => hasFields(place, { begin: isNumber, cursor: isObject }),
    skippedLines: isNumber,
    recalled: (recalled) =>
      hasFields(recalled, {
        readers: (readers) => isListed(readers, readerChecks),
        ends: (ends) => isListed(ends, endChecks),
        recentIds: isTexts,
        laterId: orNull(isText),
      } satisfies Checks<Recalled>),
    remembered: (remembered) =>
      hasFields(remembered, {
        unseen: (pairs) => isListOf(pairs, (pair) => isPair(pair, isNumber)),
        places: (pairs) => isListOf(pairs, (pair) => isPair(pair, isIdentity)),
      } satisfies Checks<Remembered>),
    runs: (runs) => isListOf(runs, isRun),
  } satisfies Checks<KeptPast>);
}

function isRun(value: unknown): boolean {
  return Array.isArray(value) && isNumber(value[0]) && isText(value[1]) && isFlag(value[2]);
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
const isTexts = (field: unknown) => isListOf(field, isText);
const isPair = (field: unknown, isValue: (value: unknown) => boolean) =>
  Array.isArray(field) && isText(field[0]) && isValue(field[1]);
const isIdentity = (field: unknown) =>
  hasFields(field, {
    subject: isText,
    at: isNumber,
    taskId: orNull(isText),
    title: isText,
    sessionId: orNull(isText),
  } satisfies Checks<Identity>);
const orNull = (check: (field: unknown) => boolean) => (field: unknown) => field === null || check(field);
const isValuesOf = (field: unknown, isValue: (value: unknown) => boolean) =>
  isObject(field) && Object.values(recordOf(field) ?? {}).every(isValue);
const isListed = (field: unknown, checks: Readonly<Record<string, (field: unknown) => boolean>>) =>
  isListOf(field, (item) => Array.isArray(item) && isText(item[0]) && hasFields(item[1], checks));

const taskChecks: Checks<TaskHistory> = {
  health: isHealth,
  reason: isText,
  cameFrom: orNull(isHealth),
  firstSeenAt: isNumber,
  lastSeenAt: isNumber,
  count: isNumber,
  inRow: isNumber,
  changes: isNumber,
  isFlapping: isFlag,
  seconds: (seconds) => isValuesOf(seconds, isNumber),
  lastStillAt: orNull(isNumber),
  hasRecovered: isFlag,
  wasWell: isFlag,
  queuedAt: orNull(isNumber),
  begunAt: orNull(isNumber),
  askedAt: orNull(isNumber),
};

const toldChecks: Checks<Told> = {
  health: isHealth,
  isFlapping: isFlag,
  at: isNumber,
  firstAt: isNumber,
  which: orNull(isText),
};

const endChecks: Checks<RecordedEnd> = {
  id: isText,
  at: isNumber,
  outcome: isText,
  reason: isText,
  title: isText,
  sessionId: orNull(isText),
  startedAt: orNull(isNumber),
  endedAt: orNull(isNumber),
  lastActivityAt: orNull(isNumber),
  durationS: orNull(isNumber),
  used: isUsed,
  usedBefore: isUsed,
};

function isUsed(value: unknown): boolean {
  const [counts, costs] = [isNumber, orNull(isNumber)];
  const checks = { toolCalls: counts, toolFailures: counts, input: counts, output: counts, costUsd: costs };
  return hasFields(value, checks satisfies Checks<Used>);
}

const readerChecks: Checks<ReaderHistory> = {
  previousRunAt: orNull(isNumber),
  intervalMs: orNull(isNumber),
  tasks: (tasks) => isListed(tasks, taskChecks),
  told: (told) => isListed(told, toldChecks),
  inTrouble: isTexts,
  hasToldChanges: isFlag,
  states: (states) => isValuesOf(states, isText),
  statesAt: orNull(isNumber),
  begun: orNull((run) => hasFields(run, { runId: isText, subjects: isTexts })),
};

/** The same as plain JSON. `place`: how far the log was read. */
function packPast({ recalled, remembered, runs, ...counts }: Past, place: EventLogPlace): KeptPast {
  return {
    version: keptVersion,
    place,
    ...counts,
    remembered: { unseen: [...remembered.unseen], places: [...remembered.places] },
    recalled: {
      ...recalled,
      ends: [...recalled.ends],
      readers: [...recalled.readers].map(([name, { tasks, told, inTrouble, begun, ...rest }]) => [
        name,
        {
          ...rest,
          tasks: [...tasks],
          told: [...told],
          inTrouble: [...inTrouble],
          begun: begun && { ...begun, subjects: [...begun.subjects] },
        },
      ]),
    },
    runs: runs.map(({ at, reader, isScheduled }) => [at, reader, isScheduled]),
  };
}

/** The past that was packed. */
function unpackPast({ recalled, remembered, runs, skippedLines }: KeptPast): Past {
  return {
    skippedLines,
    remembered: { unseen: new Map(remembered.unseen), places: new Map(remembered.places) },
    recalled: {
      ...recalled,
      ends: new Map(recalled.ends),
      readers: new Map(
        recalled.readers.map(([name, { tasks, told, inTrouble, begun, ...rest }]) => [
          name,
          {
            ...rest,
            tasks: new Map(tasks),
            told: new Map(told),
            inTrouble: new Set(inTrouble),
            begun: begun && { ...begun, subjects: new Set(begun.subjects) },
          },
        ]),
      ),
    },
    runs: runs.map(([at, reader, isScheduled]) => ({ at, reader, isScheduled })),
  };
}
