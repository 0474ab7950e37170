import { type Delegation, requestedAt } from "../delegation.ts";
import type { Health } from "../finding.ts";
import { isEnded } from "../health.ts";
import { parseHealthState } from "../history.ts";
import type { FinishedEvent, HealthChangedEvent, MonitoringEvent, RunEvent } from "../monitoring-event.ts";
import { quantile } from "../quantile.ts";
import { formatTime } from "../time.ts";
import { type Coverage, measureCoverage, percentOf } from "./coverage.ts";
import { agentOf, collectEnds, type End, noCategory } from "./ends.ts";
import { findPatterns } from "./patterns.ts";
import type { Rate, Review } from "./review.ts";
import { findSpells, type Spell } from "./spells.ts";
import { isInside, type Window } from "./window.ts";

/** Everything on record, in any order, with repetitions. */
export type OnRecord = {
  readonly events: readonly MonitoringEvent[];
  readonly delegations: readonly Delegation[];
  readonly eventLogs: readonly string[];
  readonly delegationLogs: readonly string[];
  readonly skippedLines: number;
};

/** Work whose end is not on record: who worked at it. */
type Loose = Pick<End, "subject" | "agent" | "category">;

/**
 * The numbers of one window, from what was on record before its end: whoever computes them, whenever and in whatever time
 * zone, gets the same. Pure.
 */
export function composeReview(
  record: OnRecord,
  window: Window,
  about: { readonly version: string; readonly root: string },
): Review {
  const unique = new Map(record.events.map((event) => [event.id, event]));
  const events = [...unique.values()]
    .filter(({ time }) => Date.parse(time) < window.to)
    .sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  const runs = events.filter((event): event is RunEvent => event.type === "agentmonitor.run.v1");
  const finished = events.filter(
    (event): event is FinishedEvent => event.type === "agentmonitor.task.finished.v1",
  );
  const changes = events.filter(
    (event): event is HealthChangedEvent => event.type === "agentmonitor.task.health_changed.v1",
  );
  const allEnds = collectEnds(finished, record.delegations);
  const ends = allEnds.filter(({ at }) => isInside(window, at));
  const spells = findSpells(runs, window);
  const coverage = measureCoverage(runs, window);
  const loose = findLoose(runs, changes, record.delegations, allEnds, window);
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
    open: loose.open.length,
    durations: durationsOf(ends),
    patterns: findPatterns(
      changes.filter(({ time }) => isInside(window, Date.parse(time))),
      ends,
    ),
    struggling: strugglingOf(spells.filter(({ from }) => isInside(window, from))),
    waiting: waitingOf(spells),
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
      events: unique.size,
      duplicate_events: record.events.length - unique.size,
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

/** Work of the window without an end: what the last run still saw is open, of the rest nobody knows. */
function findLoose(
  runs: readonly RunEvent[],
  changes: readonly HealthChangedEvent[],
  delegations: readonly Delegation[],
  ends: readonly End[],
  window: Window,
): { readonly open: readonly Loose[]; readonly unknown: readonly Loose[] } {
  const last = runs.at(-1);
  const lastRunAt = last === undefined ? 0 : Date.parse(last.time);
  const isOver = (subject: string, at: number) => ends.some((end) => end.subject === subject && end.at >= at);
  const tasks = [...lastSeen(runs, window)]
    .filter(([subject, { health, at }]) => !(health !== null && isEnded(health)) && !isOver(subject, at))
    .map(([subject]) => ({
      isOpen: last?.data.tasks[subject] !== undefined,
      ...looseTask(subject, changes),
    }));
  const seenNames = new Set(
    changes.flatMap(({ subject, data }) => [subject, data.session_id, folderOf(data.worktree)]),
  );
  const requests = delegations.flatMap((delegation) => {
    const { request, result, taskId, requestId, sessionId, worktree } = delegation;
    const at = requestedAt(delegation);
    if (request === null || result !== null || at === null || !isInside(window, at)) return [];
    const names = [taskId, requestId, sessionId, folderOf(worktree)].filter((name) => name !== null);
    if (names.some((name) => seenNames.has(name))) return [];
    const agent = request.subagentType ?? "unknown";
    const category = request.category ?? noCategory;
    // A request that no run could have seen yet is open.
    return [{ isOpen: at >= lastRunAt, subject: taskId ?? requestId, agent, category }];
  });
  const all = [...tasks, ...requests];
  return { open: all.filter(({ isOpen }) => isOpen), unknown: all.filter(({ isOpen }) => !isOpen) };
}

function lastSeen(runs: readonly RunEvent[], window: Window) {
  const seen = new Map<string, { readonly health: Health | null; readonly at: number }>();
  for (const { time, data } of runs) {
    const at = Date.parse(time);
    if (!isInside(window, at)) continue;
    for (const [subject, state] of Object.entries(data.tasks))
      seen.set(subject, { health: parseHealthState(state).health, at });
  }
  return seen;
}

function looseTask(subject: string, changes: readonly HealthChangedEvent[]): Loose {
  const data = changes.findLast((change) => change.subject === subject)?.data;
  if (data === undefined) return { subject, agent: "unknown", category: noCategory };
  return { subject, agent: agentOf(data), category: data.category ?? noCategory };
}

function folderOf(worktree: string | null): string | null {
  return worktree?.split("/").at(-1) ?? null;
}

function durationsOf(ends: readonly End[]): Review["durations"] {
  const known = ends.flatMap(({ outcome, durationS }) =>
    durationS === null || outcome === "cancelled" ? [] : [durationS],
  );
  return { count: known.length, median_s: whole(quantile(known, 0.5)), p90_s: whole(quantile(known, 0.9)) };
}

function strugglingOf(all: readonly Spell[]): Review["struggling"] {
  const spells = all.filter(({ health }) => health === "struggling");
  const recovered = spells.filter(({ next }) => next === "healthy" || next === "completed");
  const worsened = spells.filter(({ next }) => next === "stuck" || next === "failed");
  return {
    spells: spells.length,
    recovered: recovered.length,
    worsened: worsened.length,
    other: spells.length - recovered.length - worsened.length,
    recovery_rate_pct: percentOf(recovered.length, recovered.length + worsened.length),
    median_recovery_s: whole(quantile(recovered.map(lengthS), 0.5)),
  };
}

function waitingOf(all: readonly Spell[]): Review["waiting"] {
  const spells = all.filter(({ health, seenMs }) => health === "waiting" && seenMs > 0);
  const longest = Math.max(0, ...spells.map(({ seenMs }) => seenMs));
  return {
    tasks: new Set(spells.map(({ subject }) => subject)).size,
    total_s: seenS(all, "waiting"),
    longest_s: spells.length === 0 ? null : Math.round(longest / 1_000),
  };
}

function firstSignsOf(
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
    median_to_confirmed_s: whole(quantile(confirmed, 0.5)),
    failures_announced: leads.length,
    failures_without_sign: failures.length - leads.length,
    median_to_failure_s: whole(quantile(leads, 0.5)),
    p90_to_failure_s: whole(quantile(leads, 0.9)),
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

function seenS(spells: readonly Spell[], health: Spell["health"]): number {
  const totalMs = spells.reduce((sum, spell) => sum + (spell.health === health ? spell.seenMs : 0), 0);
  return Math.round(totalMs / 1_000);
}

function lengthS({ from, to, lastAt }: Spell): number {
  return ((to ?? lastAt) - from) / 1_000;
}

function whole(number: number | null): number | null {
  return number === null ? null : Math.round(number);
}
