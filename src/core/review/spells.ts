import type { Health } from "../finding.ts";
import { parseHealthState, seenMs } from "../history.ts";
import type { RunEvent } from "../monitoring-event.ts";
import type { Window } from "./window.ts";

/** A stretch of looks at which one task had one health. Times in epoch milliseconds. */
export type Spell = {
  readonly subject: string;
  readonly health: Health;
  readonly from: number;
  /** The second look, which confirmed it. */
  readonly confirmedAt: number | null;
  readonly lastAt: number;
  /** The first look at which it was over, and the health then. */
  readonly to: number | null;
  readonly next: Health | null;
  /** How much of it runs saw inside the window. */
  readonly seenMs: number;
};

/** The spells that `runs` (ordered by time) saw, in the order in which they began. */
export function findSpells(runs: readonly RunEvent[], window: Window): readonly Spell[] {
  const open = new Map<string, Spell & { readonly wasScheduled: boolean }>();
  const closed: Spell[] = [];
  for (const { time, data } of runs) {
    const at = Date.parse(time);
    const wasScheduled = data.trigger === "cron";
    for (const [subject, state] of Object.entries(data.tasks)) {
      const { health } = parseHealthState(state);
      if (health === null) continue;
      const before = open.get(subject);
      const passed =
        before === undefined ? null : { ...before, seenMs: before.seenMs + seenInside(before, at, window) };
      if (passed?.health === health) {
        open.set(subject, { ...passed, confirmedAt: passed.confirmedAt ?? at, lastAt: at, wasScheduled });
        continue;
      }
      if (passed !== null) closed.push({ ...passed, to: at, next: health });
      const begun = {
        subject,
        health,
        from: at,
        confirmedAt: null,
        lastAt: at,
        to: null,
        next: null,
        seenMs: 0,
      };
      open.set(subject, { ...begun, wasScheduled });
    }
  }
  return [...closed, ...open.values()].sort((a, b) => a.from - b.from);
}

function seenInside(
  { lastAt, wasScheduled }: { readonly lastAt: number; readonly wasScheduled: boolean },
  at: number,
  window: Window,
): number {
  const end = lastAt + seenMs(lastAt, at, wasScheduled);
  return Math.max(0, Math.min(end, window.to) - Math.max(lastAt, window.from));
}
