import type { Activity } from "./activity.ts";
import { emptyActivity } from "./observe.ts";

/** What was silent for so long is in no loop any more: its verdict is its silence, or how it ended. */
export const silentMs = 6 * 3_600_000;

/** Whether an activity was silent for so long by `now` (epoch milliseconds). */
export function isSilent({ lastActivityAt }: Activity, now: number): boolean {
  return lastActivityAt !== null && lastActivityAt < now - silentMs;
}

const comparedWithNothing = {
  resultHash: null,
  answerHash: null,
  errorHash: null,
  resultLength: null,
  isNovel: false,
  timesHeard: 0,
  step: 0,
} as const;

/** An activity without its calls and all that only another call would be compared with: what it did last, and its counts. */
export function lastActs(activity: Activity): Activity {
  const { calls, step, seen, endedIds, monologue, polling, planRun } = emptyActivity();
  const { lastCall } = activity;
  return {
    ...activity,
    ...{ calls, step, seen, endedIds, monologue, polling, planRun },
    // What was new then is compared with nothing.
    lastCall: lastCall && { ...lastCall, ...comparedWithNothing },
    openCalls: activity.openCalls.map((call) => ({ ...call, step: 0, order: 0 })),
  };
}
