import type { FinishedEvent, RunEvent } from "../log/event.ts";
import type { Health } from "../log/health.ts";
import { parseHealthState, seenMs } from "../log/history.ts";
import { isInside, type Window } from "./coverage.ts";
import type { End } from "./ends.ts";
import { wholeQuantile } from "./quantile.ts";
import type { Review } from "./review.ts";

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

/** How long trouble showed before it was confirmed, and before the work failed. */
export function firstSignsOf(
  spells: readonly Spell[],
  ends: readonly End[],
  finished: readonly FinishedEvent[],
  window: Window,
): Review["first_sign"] {
  const signs = spells.filter(({ health }) => health === "struggling" || health === "stuck");
  const confirmed = signs.flatMap(({ from, confirmedAt }) =>
    confirmedAt === null || !isInside(window, from) ? [] : [(confirmedAt - from) / 1_000],
  );
  const failures = ends.filter(({ outcome }) => outcome === "failure" || outcome === "timeout");
  const leads = failures.flatMap((end) => {
    const verdictAt = recordedAt(end, finished);
    const sign = signs.find(
      ({ subject, from }) => subject === end.subject && from >= (end.startedAt ?? 0) && from < verdictAt,
    );
    return sign === undefined ? [] : [(verdictAt - sign.from) / 1_000];
  });
  return {
    confirmed: confirmed.length,
    median_to_confirmed_s: wholeQuantile(confirmed, 0.5),
    failures_announced: leads.length,
    failures_without_sign: failures.length - leads.length,
    median_to_failure_s: wholeQuantile(leads, 0.5),
    p90_to_failure_s: wholeQuantile(leads, 0.9),
  };
}

function recordedAt(end: End, finished: readonly FinishedEvent[]): number {
  const event = finished.findLast(
    ({ subject, data }) =>
      subject === end.subject &&
      (data.started_at === null ? null : Date.parse(data.started_at)) === end.startedAt,
  );
  return event === undefined ? end.at : Date.parse(event.time);
}
