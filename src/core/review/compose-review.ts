import type { Delegation } from "../claims/delegation.ts";
import { plainDelegation } from "../join/plain.ts";
import type { RecalledChange, RecalledEvent } from "../log/recalled-event.ts";
import { formatTime } from "../text/time.ts";
import { type Coverage, measureCoverage, percentOf } from "./coverage.ts";
import { collectEnds, type End } from "./ends.ts";
import { looksOf, mainLooks } from "./looks.ts";
import { findPatterns } from "./patterns.ts";
import { wholeQuantile } from "./quantile.ts";
import type { Rate, Review } from "./review.ts";
import { findSpells, firstSignsOf, type Spell } from "./spells.ts";
import { usageOf } from "./usage.ts";
import { isInside, leadOf, type Window } from "./window.ts";
import { findLoose } from "./without-end.ts";

/** Everything on record, in any order, with repetitions. */
export type OnRecord = {
  readonly events: readonly RecalledEvent[];
  readonly delegations: readonly Delegation[];
  readonly eventLogs: readonly string[];
  readonly delegationLogs: readonly string[];
  /** Files that could not be read, and why. */
  readonly unreadable: readonly string[];
  readonly skippedLines: number;
};

/**
 * The numbers of one window, from what was on record before its end and not long before it: whoever computes them, whenever
 * and in whatever time zone, gets the same. Pure.
 */
export function composeReview(
  record: OnRecord,
  window: Window,
  about: { readonly version: string; readonly root: string },
): Review {
  const timed = record.events
    .map((event) => ({ at: Date.parse(event.time), event }))
    .filter(({ at }) => at < window.to)
    .sort((a, b) => a.at - b.at);
  const begin = leadOf(window, timed.findLast(({ at }) => at < window.from)?.at ?? null);
  const inTime = timed.filter(({ at }) => at >= begin).map(({ event }) => event);
  const events = [...new Map(inTime.map((event) => [event.id, event])).values()];
  const runs = events.filter((event) => event.type === "agentmonitor.run.v1");
  const told = events.filter((event) => event.type !== "agentmonitor.run.v1");
  const finished = told.filter((event) => event.type === "agentmonitor.task.finished.v1");
  const changes = told.filter((event) => event.type === "agentmonitor.task.health_changed.v1");
  // Recorded names are safe ones.
  const delegations = record.delegations.map(plainDelegation);
  const allEnds = collectEnds(finished, delegations);
  const ends = allEnds.filter(({ at }) => isInside(window, at));
  const readers = looksOf(runs);
  const looks = [...readers.values()].flat().sort((a, b) => a.at - b.at);
  const main = mainLooks(readers, window);
  const spells = findSpells(main, window);
  const recorded = looks.filter(({ at }) => isInside(window, at)).length;
  const coverage = measureCoverage(main, recorded, window);
  const loose = findLoose(looks, main, told, delegations, allEnds, window);
  const isOfMain = ({ data }: RecalledChange) => data.reader === "" || data.reader === main[0]?.reader;
  const rate = (of: readonly End[], unknown: number) => rateOf(of, unknown, coverage);
  const grouped = <Key extends "agent" | "category">(key: Key) =>
    [...new Set([...ends, ...loose.unknown].map((each) => each[key]))].sort().map((name) => ({
      name,
      ...rate(
        ends.filter((end) => end[key] === name),
        loose.unknown.filter((each) => each[key] === name).length,
      ),
    }));
  return {
    schema: "agent-monitor/review",
    schema_version: 1,
    monitor_version: about.version,
    root: about.root,
    window: { from: formatTime(window.from), to: formatTime(window.to) },
    runs: coverage,
    outcomes: rate(ends, loose.unknown.length),
    by_agent: grouped("agent").map(({ name, ...rest }) => ({ agent: name, ...rest })),
    by_category: grouped("category").map(({ name, ...rest }) => ({ category: name, ...rest })),
    usage: usageOf(ends),
    open: loose.open.length,
    durations: durationsOf(ends),
    patterns: findPatterns(
      changes.filter((change) => isOfMain(change) && isInside(window, Date.parse(change.time))),
      spells,
      ends,
    ),
    struggling: strugglingOf(spells.filter(({ from }) => isInside(window, from))),
    waiting: {
      ...waitingOf(spells),
      asked: waitingOf(spells.filter(({ isAsked }) => isAsked)),
      at_prompt: waitingOf(spells.filter(({ isAsked }) => !isAsked)),
    },
    seen_s: {
      healthy: seenS(spells, "healthy"),
      struggling: seenS(spells, "struggling"),
      stuck: seenS(spells, "stuck"),
      waiting: seenS(spells, "waiting"),
      unknown: seenS(spells, "unknown"),
    },
    first_sign: firstSignsOf(spells, ends, finished, window),
    read: {
      event_logs: [...record.eventLogs],
      delegation_logs: [...record.delegationLogs],
      unreadable: [...record.unreadable],
      events: events.length,
      duplicate_events: inTime.length - events.length,
      skipped_lines: record.skippedLines,
      ends_from_delegations: ends.filter(({ isFromDelegation }) => isFromDelegation).length,
    },
  };
}

function rateOf(ends: readonly End[], unknown: number, { coverage_pct }: Coverage): Rate {
  const count = (outcome: End["outcome"]) => ends.filter((end) => end.outcome === outcome).length;
  const [success, failure, timeout] = [count("success"), count("failure"), count("timeout")];
  return {
    success,
    failure,
    timeout,
    cancelled: count("cancelled"),
    unknown,
    success_rate_pct: percentOf(success, success + failure + timeout),
    coverage_pct,
  };
}

function durationsOf(ends: readonly End[]): Review["durations"] {
  const known = ends.flatMap(({ outcome, durationS }) =>
    durationS === null || outcome === "cancelled" ? [] : [durationS],
  );
  return { count: known.length, median_s: wholeQuantile(known, 0.5), p90_s: wholeQuantile(known, 0.9) };
}

function strugglingOf(all: readonly Spell[]): Review["struggling"] {
  const spells = all.filter(({ health, confirmedAt }) => health === "struggling" && confirmedAt !== null);
  const recovered = spells.filter(({ next }) => next === "healthy" || next === "completed");
  const worsened = spells.filter(({ next }) => next === "stuck" || next === "failed");
  return {
    spells: spells.length,
    recovered: recovered.length,
    worsened: worsened.length,
    other: spells.length - recovered.length - worsened.length,
    recovery_rate_pct: percentOf(recovered.length, recovered.length + worsened.length),
    median_recovery_s: wholeQuantile(recovered.map(lengthS), 0.5),
  };
}

function waitingOf(all: readonly Spell[]): Review["waiting"]["asked"] {
  const spells = all.filter(({ health, seenMs }) => health === "waiting" && seenMs > 0);
  const longest = Math.max(0, ...spells.map(({ seenMs }) => seenMs));
  return {
    tasks: new Set(spells.map(({ subject }) => subject)).size,
    total_s: seenS(all, "waiting"),
    longest_s: spells.length === 0 ? null : Math.round(longest / 1_000),
  };
}

function seenS(spells: readonly Spell[], health: Spell["health"]): number {
  const totalMs = spells.reduce((sum, spell) => sum + (spell.health === health ? spell.seenMs : 0), 0);
  return Math.round(totalMs / 1_000);
}

function lengthS({ from, to, lastAt }: Spell): number {
  return ((to ?? lastAt) - from) / 1_000;
}
