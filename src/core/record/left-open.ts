import { isEnded } from "../log/health.ts";
import { type History, parseHealthState } from "../log/history.ts";
import type { Remembered } from "../log/remembered.ts";
import { ownValue } from "../text/fields.ts";
import { formatMoment } from "../text/time.ts";

/**
 * What the last run for this reader found open and that left with its worktree: nothing tells how it ended, so one note
 * does. `subjects`: what this look found; `isThere`: whether a worktree, as it is shown, still is.
 */
export function leftOpenNotes(
  { states, previousRunAt }: Pick<History, "states" | "previousRunAt">,
  { places }: Remembered,
  look: {
    readonly subjects: ReadonlySet<string>;
    readonly now: number;
    readonly isThere: (worktree: string) => boolean;
  },
): readonly string[] {
  const seen = () => (previousRunAt === null ? "" : ` at ${formatMoment(previousRunAt, look.now)}`);
  return [...places].flatMap(([worktree, { subject, title, taskId }]) => {
    const state = ownValue(states, subject);
    const health = state === undefined ? null : parseHealthState(state).health;
    if (health === null || isEnded(health) || look.subjects.has(subject) || look.isThere(worktree)) return [];
    return [`${title} (${taskId ?? worktree}) is gone with its worktree; it was ${health}${seen()}`];
  });
}
