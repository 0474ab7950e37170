import type { FinishedEvent } from "../monitoring-event.ts";
import { wholeQuantile } from "../quantile.ts";
import type { End } from "./ends.ts";
import type { Review } from "./review.ts";
import type { Spell } from "./spells.ts";
import { isInside, type Window } from "./window.ts";

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
