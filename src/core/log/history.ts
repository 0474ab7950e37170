import { firstGuessMs, isMissing } from "./gaps.ts";
import { type Health, healths, isEnded } from "./health.ts";
import type { RecordedEnd } from "./recalled-event.ts";

/** How many looks the share of changes is measured over. */
const looksKept = 20;
/** Flapping begins above the first and ends below the second share of changes, in percent. */
const flappingAbove = 30;
const flappingBelow = 25;

/** What earlier runs for one reader recorded of one task. Times in epoch milliseconds. */
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
  /** Looks in a row with this health, or with trouble of any kind: what confirms it. */
  readonly inRow: number;
  /** For each of the last looks whether the health had changed: a bit each, the newest lowest. */
  readonly changes: number;
  readonly isFlapping: boolean;
  /** Seconds spent in each health in this attempt, as far as runs looked. */
  readonly seconds: Readonly<Partial<Record<Health, number>>>;
  readonly lastStillAt: number | null;
  readonly hasRecovered: boolean;
  /** Some look found this attempt well. */
  readonly wasWell: boolean;
  /** The last look at which it was created and not begun, and the first one after which it had. */
  readonly queuedAt: number | null;
  readonly begunAt: number | null;
  /** The last look at which somebody was asked something. */
  readonly askedAt: number | null;
};

/** What was told last of a task, and when; epoch milliseconds. */
export type Told = {
  readonly health: Health;
  readonly isFlapping: boolean;
  readonly at: number;
  /** Since when the same trouble is told. */
  readonly firstAt: number;
  /** Which question, or which end; null where an older version told it. */
  readonly which: string | null;
};

/** What the event log remembers for one reader, up to one moment. */
export type History = {
  readonly previousRunAt: number | null;
  /** How far apart cron's runs for this reader are; milliseconds, null without cron. */
  readonly intervalMs: number | null;
  readonly tasks: ReadonlyMap<string, TaskHistory>;
  readonly told: ReadonlyMap<string, Told>;
  /** What the last run that told changes found in trouble. */
  readonly inTrouble: ReadonlySet<string>;
  /** Some run told this reader what changed. */
  readonly hasToldChanges: boolean;
  /** Subject → `health/reason` as the last run found it, and when a run wrote that down. */
  readonly states: Readonly<Record<string, string>>;
  readonly statesAt: number | null;
  /** The run that wrote the last lines, as long as its own line, the last of a run, has not come: what it changed. */
  readonly begun: { readonly runId: string; readonly subjects: ReadonlySet<string> } | null;
  /** The last end of each task that any run recorded. */
  readonly ends: ReadonlyMap<string, RecordedEnd>;
  /** The last event of a time that has not come yet: the clock was set back. */
  readonly laterId: string | null;
};

/** What one reader's own looks saw; its ends are everybody's. */
export type ReaderHistory = Omit<History, "ends" | "laterId">;

/** No look for this reader is on record. */
export const noLooks: ReaderHistory = {
  previousRunAt: null,
  intervalMs: null,
  tasks: new Map(),
  told: new Map(),
  inTrouble: new Set(),
  hasToldChanges: false,
  states: {},
  statesAt: null,
  begun: null,
};

/** Nothing is on record. */
export const noHistory: History = { ...noLooks, ends: new Map(), laterId: null };

/** Whether a health is trouble that a second look confirms. */
export function isTrouble(health: Health): boolean {
  return troubles.includes(health);
}

/** Trouble, the worst last. */
const troubles: readonly Health[] = ["unknown", "struggling", "stuck"];

/** Whether one trouble is worse than another. */
export function isWorse(health: Health, than: Health): boolean {
  return troubles.indexOf(health) > troubles.indexOf(than);
}

/** What a usage limit is called among the questions that were told. */
export const limitName = "limit";

/** The reasons for which a task waits with nobody asked: it is a session at its prompt. */
const atPrompt = "waiting_prompt";
/** The reason of a task that was created and has not begun. */
const queuedReason = "queued";

/** Whether somebody is asked something: not a session that waits for its next prompt. */
export function isAsked(health: Health, reason: string): boolean {
  return health === "waiting" && reason !== atPrompt;
}

/** The history of a task after one more look; `intervalMs`: how far apart runs are, null where none are scheduled. */
export function look(
  before: TaskHistory | null,
  health: Health,
  reason: string,
  at: number,
  intervalMs: number | null = null,
): TaskHistory {
  const isQueued = reason === queuedReason;
  const here = {
    health,
    reason,
    lastSeenAt: at,
    askedAt: isAsked(health, reason) ? at : (before?.askedAt ?? null),
  };
  if (before === null) {
    return {
      ...here,
      cameFrom: null,
      firstSeenAt: at,
      count: 1,
      inRow: 1,
      changes: 0,
      isFlapping: false,
      seconds: {},
      lastStillAt: null,
      hasRecovered: false,
      wasWell: health === "healthy",
      queuedAt: isQueued ? at : null,
      begunAt: isQueued ? null : at,
    };
  }
  const hasChanged = before.health !== health;
  const isAlike = !hasChanged || (isTrouble(before.health) && isTrouble(health));
  const changes = ((before.changes << 1) | Number(hasChanged)) & (2 ** looksKept - 1);
  const percent = changePercent(changes);
  const passedS = Math.round(seenMs(before.lastSeenAt, at, intervalMs) / 1_000);
  // What is open again after its end is another attempt: it counts its own.
  const attempt = isEnded(before.health) && !isEnded(health) ? begunAnew(before) : before;
  return {
    ...here,
    cameFrom: hasChanged ? before.health : before.cameFrom,
    firstSeenAt: hasChanged ? at : before.firstSeenAt,
    count: hasChanged ? 1 : before.count + 1,
    inRow: isAlike ? before.inRow + 1 : 1,
    changes,
    isFlapping: before.isFlapping ? percent >= flappingBelow : percent > flappingAbove,
    // The time since the last look is the old health's: the change was not seen before now.
    seconds: { ...attempt.seconds, [before.health]: (attempt.seconds[before.health] ?? 0) + passedS },
    lastStillAt: hasChanged ? null : before.lastStillAt,
    hasRecovered:
      attempt.hasRecovered ||
      (before.health === "struggling" && (health === "healthy" || health === "completed")),
    wasWell: attempt.wasWell || health === "healthy",
    queuedAt: isQueued ? at : attempt.queuedAt,
    begunAt: isQueued ? null : (attempt.begunAt ?? at),
  };
}

/** The history of a task whose next attempt begins. */
export function begunAnew(before: TaskHistory): TaskHistory {
  return { ...before, seconds: {}, hasRecovered: false, wasWell: false, queuedAt: null, begunAt: null };
}

/**
 * How much of the time between two looks a health is counted for. Where runs are scheduled (`intervalMs`) and some were
 * missed (asleep, off) nobody saw that time: only the one interval that was due counts.
 */
export function seenMs(fromAt: number, toAt: number, intervalMs: number | null): number {
  const passedMs = Math.max(0, toAt - fromAt);
  return intervalMs !== null && isMissing(passedMs, intervalMs) ? intervalMs : passedMs;
}

/** The interval that a run recorded, in milliseconds; runs by cron of older versions recorded none. */
export function intervalOf(trigger: string, intervalS: number | null): number | null {
  if (intervalS !== null) return intervalS * 1_000;
  return trigger === "cron" ? firstGuessMs : null;
}

/** Changes among the last looks, in percent of the whole window. */
export function changePercent(changes: number): number {
  let count = 0;
  for (let rest = changes; rest !== 0; rest &= rest - 1) count += 1;
  return Math.round((count / looksKept) * 100);
}

export type HealthState = { readonly health: Health | null; readonly reason: string };

/** Reads `health/reason` as the run event writes it. */
export function parseHealthState(state: string): HealthState {
  const [word, reason] = state.split("/");
  return { health: healths.find((health) => health === word) ?? null, reason: reason ?? "" };
}
