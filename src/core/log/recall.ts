import { clockToleranceMs } from "../text/time.ts";
import {
  type HealthState,
  type History,
  intervalOf,
  isTrouble,
  isWorse,
  limitName,
  look,
  noLooks,
  parseHealthState,
  type ReaderHistory,
  type TaskHistory,
} from "./history.ts";
import { type RecalledEvent, type RecalledRun, type RecordedEnd, recordedEnd } from "./recalled-event.ts";

/** Runs that overlap write within seconds of each other; this is hours of events. */
const idsKept = 256;

/** What the event log remembers, up to one moment: for each reader its own looks, for all the ends. */
export type Recalled = {
  readonly readers: ReadonlyMap<string, ReaderHistory>;
  readonly ends: ReadonlyMap<string, RecordedEnd>;
  /** Ids of the last events: a run that overlapped may write one again. */
  readonly recentIds: readonly string[];
  readonly laterId: string | null;
};

export const nothingRecalled: Recalled = {
  readers: new Map(),
  ends: new Map(),
  recentIds: [],
  laterId: null,
};

/** Stands for the events of older versions, which all readers share. */
const everybody = "";

/** What `reader` knows of the past. A new one knows what was recorded before there were readers. */
export function historyOf({ readers, ends, laterId }: Recalled, reader: string): History {
  return { ...(readers.get(reader) ?? readers.get(everybody) ?? noLooks), ends, laterId };
}

/**
 * Folds recorded events, in the order of the log; those later than `now` (a run with an older `--now`) are left out, and
 * of two with one id (runs that overlapped) the second. `before`: what the events before these gave.
 */
export function recall(
  events: Iterable<RecalledEvent>,
  now: number,
  before: Recalled = nothingRecalled,
): Recalled {
  let { laterId } = before;
  const readers = new Map<string, Draft>();
  const ends = new Map(before.ends);
  const seen = new Set(before.recentIds);
  // Thousands of runs repeat a handful of states.
  const parsed = new Map<string, HealthState>();
  const parse = (state: string) => {
    const known = parsed.get(state) ?? parseHealthState(state);
    parsed.set(state, known);
    return known;
  };
  const draftOf = (name: string): Draft => {
    const known = readers.get(name);
    if (known !== undefined) return known;
    const shared = readers.get(everybody);
    const draft = draftFrom(before.readers.get(name) ?? shared ?? before.readers.get(everybody) ?? noLooks);
    readers.set(name, draft);
    return draft;
  };
  for (const event of events) {
    const at = Date.parse(event.time);
    if (at > now + clockToleranceMs) laterId = event.id;
    // What is later is not known yet; what no clock shows, never.
    if (!(at <= now)) continue;
    const isRepeated = seen.has(event.id);
    // The same end may come again, when the task was taken up in between: it is over then, too.
    if (isRepeated && event.type !== "agentmonitor.task.finished.v1") continue;
    seen.add(event.id);
    for (const oldest of seen) {
      if (seen.size <= idsKept) break;
      seen.delete(oldest);
    }
    switch (event.type) {
      case "agentmonitor.run.v1":
        observeRun(draftOf(event.data.reader), event, at, parse);
        break;
      case "agentmonitor.task.finished.v1":
        ends.set(event.subject, recordedEnd(event, ends.get(event.subject)));
        break;
      case "agentmonitor.task.health_still.v1":
        amend(draftOf(event.data.reader).tasks, event.subject, { lastStillAt: at });
        break;
      case "agentmonitor.task.health_changed.v1": {
        const { reader, run_id: runId, to, reason } = event.data;
        // A run whose own line stands before its others, which told all of it.
        if (seen.has(runId)) break;
        const draft = draftOf(reader);
        const known = draft.tasks.get(event.subject) ?? null;
        draft.tasks.set(event.subject, look(known, to, reason, at, draft.intervalMs));
        if (draft.begun?.runId !== runId) draft.begun = { runId, subjects: new Set() };
        draft.begun.subjects.add(event.subject);
        break;
      }
      default:
        event satisfies never;
    }
  }
  return {
    readers: new Map([...before.readers, ...readers]),
    ends,
    recentIds: [...seen],
    laterId,
  };
}

/** A reader's history while it is folded. */
type Draft = {
  -readonly [Key in keyof ReaderHistory]: ReaderHistory[Key] extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : ReaderHistory[Key];
} & { begun: { runId: string; subjects: Set<string> } | null };

function draftFrom(history: ReaderHistory): Draft {
  return {
    ...history,
    tasks: new Map(history.tasks),
    told: new Map(history.told),
    begun: history.begun && { ...history.begun, subjects: new Set(history.begun.subjects) },
  };
}

function observeRun(
  draft: Draft,
  { id, data }: RecalledRun,
  at: number,
  parse: (state: string) => HealthState,
): void {
  const intervalMs = intervalOf(data.trigger, data.interval_s) ?? draft.intervalMs;
  const lookedAt: ReadonlySet<string> | null = draft.begun?.runId === id ? draft.begun.subjects : null;
  draft.begun = null;
  draft.hasToldChanges ||= data.told !== null;
  if (data.tasks !== null) {
    draft.states = data.tasks;
    draft.statesAt = at;
  }
  const inTrouble = new Set<string>();
  for (const [subject, state] of Object.entries(draft.states)) {
    const { health, reason } = parse(state);
    if (health === null) continue;
    const known = draft.tasks.get(subject) ?? null;
    const isKnown = known !== null && lookedAt?.has(subject) === true;
    const after = isKnown ? known : look(known, health, reason, at, intervalMs);
    draft.tasks.set(subject, after);
    if (isTrouble(health)) inTrouble.add(subject);
    if (data.told !== null || !draft.hasToldChanges) observeAnswer(draft, subject, after, at);
  }
  if (data.told !== null) {
    draft.inTrouble = inTrouble;
    for (const [subject, state] of Object.entries(data.told)) observeTold(draft, subject, state, at);
  }
  draft.intervalMs = intervalMs;
  if (draft.previousRunAt === null || at >= draft.previousRunAt) draft.previousRunAt = at;
}

// Until `--changed` is used by a reader the first time, every run counts as told: changes are counted from the last one.
// A question that was answered needs no line: whoever answered knows.
function observeAnswer(draft: Draft, subject: string, { health, isFlapping }: TaskHistory, at: number): void {
  const told = draft.told.get(subject);
  if (!draft.hasToldChanges) draft.told.set(subject, { health, isFlapping, at, firstAt: at, which: null });
  else if (told?.health === "waiting" && told.which !== limitName && health === "healthy")
    draft.told.set(subject, { ...told, health });
}

function observeTold(draft: Draft, subject: string, state: string, at: number): void {
  const { health } = parseHealthState(state);
  const [, flapping, which] = state.split("/");
  if (health === null) return;
  const before = draft.told.get(subject);
  const isSame =
    before !== undefined && isTrouble(health) && isTrouble(before.health) && !isWorse(health, before.health);
  draft.told.set(subject, {
    // A milder word for the same trouble is a reminder of it.
    health: isSame ? before.health : health,
    isFlapping: flapping === "flapping",
    at,
    firstAt: isSame ? before.firstAt : at,
    which: which === undefined || which === "" ? null : which,
  });
}

function amend(tasks: Map<string, TaskHistory>, subject: string, part: Partial<TaskHistory>): void {
  const known = tasks.get(subject);
  if (known !== undefined) tasks.set(subject, { ...known, ...part });
}
