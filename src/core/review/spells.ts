import type { FinishedEvent } from "../log/event.ts";
import type { Health } from "../log/health.ts";
import { isAsked, isTrouble, parseHealthState, seenMs } from "../log/history.ts";
import type { End } from "./ends.ts";
import type { Look } from "./looks.ts";
import { wholeQuantile } from "./quantile.ts";
import type { Review } from "./review.ts";
import { isInside, type Window } from "./window.ts";

/** A stretch of looks at which one task had one health. Times in epoch milliseconds. */
export type Spell = {
  readonly subject: string;
  readonly health: Health;
  /** It waits, and somebody was asked: not a session at its prompt. */
  readonly isAsked: boolean;
  readonly from: number;
  /** The second look in a row at trouble, which confirmed it; of any other health the second look at it. */
  readonly confirmedAt: number | null;
  readonly lastAt: number;
  /** The first look at which it was over, and the health then. */
  readonly to: number | null;
  readonly next: Health | null;
  /** How much of it runs saw inside the window. */
  readonly seenMs: number;
};

/** The spells that `looks` (of one reader, ordered by time) saw, in the order in which they began. */
export function findSpells(looks: readonly Look[], window: Window): readonly Spell[] {
  const open = new Map<string, Spell>();
  const closed: Spell[] = [];
  for (const { at, states, intervalMs } of looks) {
    for (const [subject, state] of Object.entries(states)) {
      const { health, reason } = parseHealthState(state);
      if (health === null) continue;
      const before = open.get(subject);
      const passed =
        before === undefined
          ? null
          : { ...before, seenMs: before.seenMs + seenInside(before.lastAt, at, intervalMs, window) };
      const asked = isAsked(health, reason);
      if (passed?.health === health && passed.isAsked === asked) {
        open.set(subject, { ...passed, confirmedAt: passed.confirmedAt ?? at, lastAt: at });
        continue;
      }
      if (passed !== null) closed.push({ ...passed, to: at, next: health });
      // Two bad looks in a row confirm trouble, whatever its words.
      const isAlike = passed !== null && isTrouble(passed.health) && isTrouble(health);
      open.set(subject, {
        subject,
        health,
        isAsked: asked,
        from: at,
        confirmedAt: isAlike ? at : null,
        lastAt: at,
        to: null,
        next: null,
        seenMs: 0,
      });
    }
  }
  return [...closed, ...open.values()].sort((a, b) => a.from - b.from);
}

function seenInside(lastAt: number, at: number, intervalMs: number | null, window: Window): number {
  const end = lastAt + seenMs(lastAt, at, intervalMs);
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
