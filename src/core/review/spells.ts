import type { Health } from "../log/health.ts";
import { isAsked, isTrouble, parseHealthState, seenMs } from "../log/history.ts";
import type { RecalledEnd } from "../log/recalled-event.ts";
import { parseTime } from "../text/time.ts";
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
  const open = new Map<string, Draft>();
  const closed: Spell[] = [];
  let before: Look | null = null;
  let seen: Draft[] = [];
  for (const look of looks) {
    const { at, states, intervalMs } = look;
    // Most looks find what the one before them found.
    if (before?.states === states) {
      const passedMs = seenInside(before.at, at, intervalMs, window);
      for (const spell of seen) goOn(spell, at, passedMs);
      before = look;
      continue;
    }
    before = look;
    seen = [];
    for (const [subject, state] of Object.entries(states)) {
      const { health, reason } = parseHealthState(state);
      if (health === null) continue;
      const known = open.get(subject);
      const asked = isAsked(health, reason);
      const passedMs = known === undefined ? 0 : seenInside(known.lastAt, at, intervalMs, window);
      if (known?.health === health && known.isAsked === asked) {
        goOn(known, at, passedMs);
        seen.push(known);
        continue;
      }
      if (known !== undefined)
        closed.push({ ...known, seenMs: known.seenMs + passedMs, to: at, next: health });
      // Two bad looks in a row confirm trouble, whatever its words.
      const isAlike = known !== undefined && isTrouble(known.health) && isTrouble(health);
      const spell = {
        subject,
        health,
        isAsked: asked,
        from: at,
        confirmedAt: isAlike ? at : null,
        lastAt: at,
        to: null,
        next: null,
        seenMs: 0,
      };
      open.set(subject, spell);
      seen.push(spell);
    }
  }
  return [...closed, ...open.values()].sort((a, b) => a.from - b.from);
}

type Draft = { -readonly [Key in keyof Spell]: Spell[Key] };

function goOn(spell: Draft, at: number, passedMs: number): void {
  spell.seenMs += passedMs;
  spell.confirmedAt ??= at;
  spell.lastAt = at;
}

function seenInside(lastAt: number, at: number, intervalMs: number | null, window: Window): number {
  const end = lastAt + seenMs(lastAt, at, intervalMs);
  return Math.max(0, Math.min(end, window.to) - Math.max(lastAt, window.from));
}

/** How long trouble showed before it was confirmed, and before the work failed. */
export function firstSignsOf(
  spells: readonly Spell[],
  ends: readonly End[],
  finished: readonly RecalledEnd[],
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

function recordedAt(end: End, finished: readonly RecalledEnd[]): number {
  const event = finished.findLast(
    ({ subject, data }) => subject === end.subject && parseTime(data.started_at) === end.startedAt,
  );
  return event === undefined ? end.at : Date.parse(event.time);
}
