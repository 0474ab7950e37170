import type { Health } from "./finding.ts";
import type { MonitoringEvent } from "./monitoring-event.ts";

/** How many looks the share of changes is measured over (CONTRACT.md, "Event log"). */
export const looksKept = 20;
/** Flapping begins above the first and ends below the second share of changes, in percent (CONTRACT.md). */
const flappingAbove = 30;
const flappingBelow = 25;

/** What earlier runs recorded of one task. Times in epoch milliseconds. */
export type TaskHistory = {
  readonly health: Health;
  readonly reason: string;
  /** First and last look at which the task had this health, without another in between. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** Looks in a row with this health. */
  readonly count: number;
  /** For each of the last looks whether the health had changed. */
  readonly changes: readonly boolean[];
  readonly isFlapping: boolean;
  /** Seconds spent in each health, as far as runs looked. */
  readonly seconds: Readonly<Partial<Record<Health, number>>>;
  readonly lastStillAt: number | null;
  /** Its end is recorded, and no run saw it open since. */
  readonly isFinished: boolean;
  readonly hasRecovered: boolean;
};

/** What the event log remembers, up to one moment. */
export type History = {
  readonly previousRunAt: number | null;
  readonly previousTrigger: string | null;
  readonly tasks: ReadonlyMap<string, TaskHistory>;
};

/** Folds recorded events, in the order of the log; those later than `now` (a run with an older `--now`) are left out. */
export function recall(events: Iterable<MonitoringEvent>, now: number): History {
  let previousRunAt: number | null = null;
  let previousTrigger: string | null = null;
  const tasks = new Map<string, TaskHistory>();
  for (const event of events) {
    const at = Date.parse(event.time);
    if (at > now) continue;
    switch (event.type) {
      case "agentmonitor.run.v1":
        if (previousRunAt === null || at >= previousRunAt) {
          previousRunAt = at;
          previousTrigger = event.data.trigger;
        }
        for (const [subject, state] of Object.entries(event.data.tasks)) {
          const [health, reason] = splitState(state);
          if (health !== null) tasks.set(subject, look(tasks.get(subject) ?? null, health, reason, at));
        }
        break;
      case "agentmonitor.task.finished.v1": {
        const known = tasks.get(event.subject);
        if (known !== undefined) tasks.set(event.subject, { ...known, isFinished: true });
        break;
      }
      case "agentmonitor.task.health_still.v1": {
        const known = tasks.get(event.subject);
        if (known !== undefined) tasks.set(event.subject, { ...known, lastStillAt: at });
        break;
      }
      case "agentmonitor.task.health_changed.v1":
        break;
      default:
        event satisfies never;
    }
  }
  return { previousRunAt, previousTrigger, tasks };
}

/** The history of a task after one more look. */
export function look(before: TaskHistory | null, health: Health, reason: string, at: number): TaskHistory {
  if (before === null) {
    return {
      health,
      reason,
      firstSeenAt: at,
      lastSeenAt: at,
      count: 1,
      changes: [false],
      isFlapping: false,
      seconds: {},
      lastStillAt: null,
      isFinished: false,
      hasRecovered: false,
    };
  }
  const hasChanged = before.health !== health;
  const changes = [...before.changes, hasChanged].slice(-looksKept);
  const percent = changePercent(changes);
  const passedS = Math.max(0, Math.round((at - before.lastSeenAt) / 1_000));
  const isOver = health === "completed" || health === "failed" || health === "cancelled";
  return {
    health,
    reason,
    firstSeenAt: hasChanged ? at : before.firstSeenAt,
    lastSeenAt: at,
    count: hasChanged ? 1 : before.count + 1,
    changes,
    isFlapping: before.isFlapping ? percent >= flappingBelow : percent > flappingAbove,
    // The time since the last look is the old health's: the change was not seen before now.
    seconds: { ...before.seconds, [before.health]: (before.seconds[before.health] ?? 0) + passedS },
    lastStillAt: hasChanged ? null : before.lastStillAt,
    isFinished: before.isFinished && isOver,
    hasRecovered:
      before.hasRecovered ||
      (before.health === "struggling" && (health === "healthy" || health === "completed")),
  };
}

/** Changes among the last looks, in percent of the whole window. */
export function changePercent(changes: readonly boolean[]): number {
  return Math.round((changes.filter(Boolean).length / looksKept) * 100);
}

function splitState(state: string): readonly [Health | null, string] {
  const [health, reason] = state.split("/");
  return [isHealth(health) ? health : null, reason ?? ""];
}

const known: ReadonlySet<string> = new Set<Health>([
  "failed",
  "waiting",
  "stuck",
  "struggling",
  "unknown",
  "healthy",
  "cancelled",
  "completed",
]);

function isHealth(word: string | undefined): word is Health {
  return word !== undefined && known.has(word);
}
