import { clockToleranceMs } from "../text/time.ts";
import type { RecalledEvent } from "./event.ts";
import { scheduledEveryMs } from "./gaps.ts";
import { type Health, healths } from "./health.ts";

/** How many looks the share of changes is measured over (CONTRACT.md, "Event log"). */
export const looksKept = 20;
/** Runs that overlap write within seconds of each other; this is hours of events. */
const idsKept = 256;
/** Flapping begins above the first and ends below the second share of changes, in percent (CONTRACT.md). */
const flappingAbove = 30;
const flappingBelow = 25;

/** What earlier runs recorded of one task. Times in epoch milliseconds. */
export type TaskHistory = {
  readonly health: Health;
  readonly reason: string;
  /** The health before this one; null at first. */
  readonly cameFrom: Health | null;
  /** First and last look at which the task had this health, without another in between. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** Looks in a row with this health. */
  readonly count: number;
  /** For each of the last looks whether the health had changed: a bit each, the newest lowest. */
  readonly changes: number;
  readonly isFlapping: boolean;
  /** Seconds spent in each health, as far as runs looked. */
  readonly seconds: Readonly<Partial<Record<Health, number>>>;
  readonly lastStillAt: number | null;
  /** Its end is recorded, and no run saw it open since. */
  readonly isFinished: boolean;
  readonly hasRecovered: boolean;
  /** What a reader of `--changed` knows of it. */
  readonly told: Told | null;
};

/** The health that was told last, and when. */
export type Told = { readonly health: Health; readonly isFlapping: boolean; readonly at: number };

/** What the event log remembers, up to one moment. */
export type History = {
  readonly previousRunAt: number | null;
  readonly previousTrigger: string | null;
  readonly tasks: ReadonlyMap<string, TaskHistory>;
  /** Some run told its reader what changed. */
  readonly hasToldChanges: boolean;
  /** Ids of the last events: a run that overlapped may write one again. */
  readonly recentIds: readonly string[];
  /** The last event of a time that has not come yet: the clock was set back. */
  readonly laterId: string | null;
  /** The run that wrote the last lines, as long as its own line, the last of a run, has not come: what it changed. */
  readonly begun: { readonly runId: string; readonly subjects: ReadonlySet<string> } | null;
};

/** Nothing is on record. */
export const noHistory: History = {
  previousRunAt: null,
  previousTrigger: null,
  tasks: new Map(),
  hasToldChanges: false,
  recentIds: [],
  laterId: null,
  begun: null,
};

/**
 * Folds recorded events, in the order of the log; those later than `now` (a run with an older `--now`) are left out, and
 * of two with one id (runs that overlapped) the second. `before`: what the events before these gave.
 */
export function recall(events: Iterable<RecalledEvent>, now: number, before: History = noHistory): History {
  let { previousRunAt, previousTrigger, hasToldChanges, laterId } = before;
  let begun = before.begun && { ...before.begun, subjects: new Set(before.begun.subjects) };
  const tasks = new Map(before.tasks);
  const seen = new Set(before.recentIds);
  // Thousands of runs repeat a handful of states.
  const states = new Map<string, HealthState>();
  const parse = (state: string) => {
    const parsed = states.get(state) ?? parseHealthState(state);
    states.set(state, parsed);
    return parsed;
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
        hasToldChanges ||= event.data.told !== null;
        observeRun(
          tasks,
          event,
          at,
          previousTrigger === "cron",
          hasToldChanges,
          parse,
          begun?.runId === event.id ? begun.subjects : noSubjects,
        );
        begun = null;
        if (previousRunAt === null || at >= previousRunAt) {
          previousRunAt = at;
          previousTrigger = event.data.trigger;
        }
        break;
      case "agentmonitor.task.finished.v1":
        amend(tasks, event.subject, { isFinished: true });
        break;
      case "agentmonitor.task.health_still.v1":
        amend(tasks, event.subject, { lastStillAt: at });
        break;
      case "agentmonitor.task.health_changed.v1": {
        const { run_id: runId, to, reason } = event.data;
        // A run whose own line stands before its others, which told all of it.
        if (seen.has(runId)) break;
        const known = tasks.get(event.subject) ?? null;
        tasks.set(event.subject, look(known, to, reason, at, previousTrigger === "cron"));
        if (begun?.runId !== runId) begun = { runId, subjects: new Set() };
        begun.subjects.add(event.subject);
        break;
      }
      default:
        event satisfies never;
    }
  }
  return {
    previousRunAt,
    previousTrigger,
    tasks,
    hasToldChanges,
    recentIds: [...seen],
    laterId,
    begun,
  };
}

const noSubjects: ReadonlySet<string> = new Set();

type RecalledRun = Extract<RecalledEvent, { type: "agentmonitor.run.v1" }>;

// Until `--changed` is used here the first time, every run counts as told: changes are counted from the last one.
function observeRun(
  tasks: Map<string, TaskHistory>,
  { data }: RecalledRun,
  at: number,
  wasScheduled: boolean,
  hasToldChanges: boolean,
  parse: (state: string) => HealthState,
  lookedAt: ReadonlySet<string>,
): void {
  for (const [subject, state] of Object.entries(data.tasks)) {
    const { health, rest } = parse(state);
    if (health === null) continue;
    const known = tasks.get(subject) ?? null;
    const after =
      known !== null && lookedAt.has(subject) ? known : look(known, health, rest, at, wasScheduled);
    tasks.set(
      subject,
      hasToldChanges ? after : { ...after, told: { health, isFlapping: after.isFlapping, at } },
    );
  }
  for (const [subject, state] of Object.entries(data.told ?? {})) {
    const { health, rest } = parse(state);
    if (health !== null) amend(tasks, subject, { told: { health, isFlapping: rest === "flapping", at } });
  }
}

function amend(tasks: Map<string, TaskHistory>, subject: string, part: Partial<TaskHistory>): void {
  const known = tasks.get(subject);
  if (known !== undefined) tasks.set(subject, { ...known, ...part });
}

/** The history of a task after one more look. */
export function look(
  before: TaskHistory | null,
  health: Health,
  reason: string,
  at: number,
  wasScheduled = false,
): TaskHistory {
  if (before === null) {
    return {
      health,
      reason,
      cameFrom: null,
      firstSeenAt: at,
      lastSeenAt: at,
      count: 1,
      changes: 0,
      isFlapping: false,
      seconds: {},
      lastStillAt: null,
      isFinished: false,
      hasRecovered: false,
      told: null,
    };
  }
  const hasChanged = before.health !== health;
  const changes = ((before.changes << 1) | Number(hasChanged)) & (2 ** looksKept - 1);
  const percent = changePercent(changes);
  const passedS = Math.round(seenMs(before.lastSeenAt, at, wasScheduled) / 1_000);
  return {
    health,
    reason,
    cameFrom: hasChanged ? before.health : before.cameFrom,
    firstSeenAt: hasChanged ? at : before.firstSeenAt,
    lastSeenAt: at,
    count: hasChanged ? 1 : before.count + 1,
    changes,
    isFlapping: before.isFlapping ? percent >= flappingBelow : percent > flappingAbove,
    // The time since the last look is the old health's: the change was not seen before now.
    seconds: { ...before.seconds, [before.health]: (before.seconds[before.health] ?? 0) + passedS },
    lastStillAt: hasChanged ? null : before.lastStillAt,
    // Completed at one look and failed at the next is another end: it was taken up in between.
    isFinished: before.isFinished && !hasChanged,
    hasRecovered:
      before.hasRecovered ||
      (before.health === "struggling" && (health === "healthy" || health === "completed")),
    told: before.told,
  };
}

/**
 * How much of the time between two looks a health is counted for. Where runs are scheduled and some were missed (asleep,
 * off) nobody saw that time: only the one interval that was due counts.
 */
export function seenMs(fromAt: number, toAt: number, wasScheduled: boolean): number {
  const passedMs = Math.max(0, toAt - fromAt);
  return wasScheduled && passedMs >= 2 * scheduledEveryMs ? scheduledEveryMs : passedMs;
}

/** Changes among the last looks, in percent of the whole window. */
export function changePercent(changes: number): number {
  let count = 0;
  for (let rest = changes; rest !== 0; rest &= rest - 1) count += 1;
  return Math.round((count / looksKept) * 100);
}

type HealthState = { readonly health: Health | null; readonly rest: string };

/** Reads `health/rest` as the run event writes it. */
export function parseHealthState(state: string): HealthState {
  const [word, rest] = state.split("/");
  return { health: healths.find((health) => health === word) ?? null, rest: rest ?? "" };
}
