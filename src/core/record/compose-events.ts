import type { About, FinishedEvent, MonitoringEvent, RunEvent } from "../log/event.ts";
import { isEnded } from "../log/health.ts";
import { changePercent, type History } from "../log/history.ts";
import type { HealthReport } from "../report/report.ts";
import { confirmRuns, type Row } from "../report/task-row.ts";
import { errorType } from "../text/error-type.ts";
import { formatTime, latest } from "../text/time.ts";
import { missedProcesses } from "../verdict/liveness.ts";
import { contentId, endIdOf, outcomeOf, sourceOf } from "./end-id.ts";

/** A bad health is recorded again after this long at the earliest. */
const stillEveryMs = 3_600_000;
/** A run writes down the state of every task at least this often, so that no reader of the log must go far back. */
const statesEveryMs = 3_600_000;

/**
 * What this run has to record: each task's change, reminder and end, then itself. `told`: what `--changed` tells; null
 * without it; `unseenSince`: processes that runs missed, and since when. Pure: ids come from the content.
 */
export function composeEvents(
  report: HealthReport,
  rows: readonly Row[],
  history: History,
  now: number,
  told: RunEvent["data"]["told"] = null,
  unseenSince: ReadonlyMap<string, number> = new Map(),
): MonitoringEvent[] {
  const source = sourceOf(report.run);
  const events = rows.flatMap((row) => taskEvents(row, report, history, now, source));
  // Of what ended this reader's last look at it, so that its time in each health is known.
  const ending = rows.filter(
    ({ subject, task, isEndRecorded }) =>
      isEnded(task.health) && (!isEndRecorded || isOpenBefore(history, subject)),
  );
  const open = rows.filter(({ task }) => !isEnded(task.health));
  const states = Object.fromEntries(
    [...open, ...ending].map(({ subject, task }) => [subject, `${task.health}/${task.reason}`]),
  );
  const run: MonitoringEvent = {
    specversion: "1.0",
    id: report.run.id,
    source,
    type: "agentmonitor.run.v1",
    time: formatTime(now),
    data: {
      timestamp: formatTime(now),
      task_id: null,
      host: report.run.host,
      root: report.run.root,
      reader: report.run.reader,
      trigger: report.run.trigger,
      duration_ms: report.run.duration_ms,
      exit_code: report.verdict.exit_code,
      previous_run_at: report.run.previous_run_at,
      interval_s: report.run.interval_s,
      gap_s: report.run.gap_s,
      missed_runs: report.run.missed_runs,
      ...report.summary,
      invalid_inputs: report.collected.status_files.invalid,
      skipped_lines: report.collected.sources.reduce((sum, { skipped_lines }) => sum + skipped_lines, 0),
      tasks: isKnown(states, history, now) ? null : states,
      told,
      unseen: unseenIn(rows, unseenSince, now),
    },
  };
  // Last: a run whose own line stands has told all that it saw. Of one that was cut off in between, what stands counts and
  // the next run tells the rest.
  return [...events, run];
}

function isOpenBefore({ tasks }: History, subject: string): boolean {
  const before = tasks.get(subject);
  return before !== undefined && !isEnded(before.health);
}

function isKnown(
  states: Readonly<Record<string, string>>,
  { states: before, statesAt }: History,
  now: number,
) {
  if (statesAt === null || now < statesAt || now - statesAt >= statesEveryMs) return false;
  const names = Object.keys(states);
  return (
    names.length === Object.keys(before).length &&
    names.every((name) => Object.hasOwn(before, name) && before[name] === states[name])
  );
}

// What ended has no process to miss; the end of one that is gone may yet turn out to be none.
function unseenIn(
  rows: readonly Row[],
  since: ReadonlyMap<string, number>,
  now: number,
): Record<string, string> {
  const open = rows.filter(({ task }) => !isEnded(task.health) || task.reason === "process_gone");
  const keys = open.flatMap(({ assessment }) => missedProcesses(assessment.facts.task));
  return Object.fromEntries(keys.map((key) => [key, formatTime(since.get(key) ?? now)]));
}

function taskEvents(
  row: Row,
  report: HealthReport,
  history: History,
  now: number,
  source: string,
): MonitoringEvent[] {
  const { subject, task, assessment, isEndRecorded, history: after } = row;
  const before = history.tasks.get(subject) ?? null;
  // An end that is recorded already is history: nothing more to say until it is taken up again or ends in another way. To
  // a reader who last saw it open, that it ended is a change.
  if (isEndRecorded && !isOpenBefore(history, subject)) return [];
  const time = formatTime(now);
  const envelope = { specversion: "1.0" as const, source, subject, time };
  const about = {
    timestamp: time,
    task_id: task.id,
    host: report.run.host,
    root: report.run.root,
    reader: report.run.reader,
    run_id: report.run.id,
    title: task.title,
    worktree: task.worktree,
    agent_kind: task.agent.kind,
    agent_name: task.agent.name,
    category: assessment.facts.claim?.category ?? assessment.facts.delegation?.request?.category ?? null,
    session_id: task.agent.session_id,
  };
  const isHard = task.confirmed;
  const seen = { first_seen: formatTime(after.firstSeenAt), last_seen: time, count: after.count };
  const events: MonitoringEvent[] = [];
  const isNewEnd = isEnded(task.health) && !isEndRecorded;
  const isAnotherAttempt = isNewEnd && assessment.facts.past.end !== null;
  if (before?.health !== task.health || before.reason !== task.reason || isAnotherAttempt) {
    events.push({
      ...envelope,
      // Two runs that overlap start from the same last record and so write the same id.
      id: contentId(
        source,
        subject,
        before?.health ?? "",
        task.health,
        task.reason,
        // Before any record of it, runs that overlap share the last run, or but the hour.
        formatTime(before?.lastSeenAt ?? history.previousRunAt ?? now - (now % stillEveryMs)),
        report.run.reader,
        // With the clock set back, the same change may have come from the same record before.
        ...(history.laterId === null ? [] : [history.laterId]),
      ),
      type: "agentmonitor.task.health_changed.v1",
      data: {
        ...about,
        from: before?.health ?? null,
        to: task.health,
        reason: task.reason,
        basis: assessment.verdict.basis,
        state_type: isHard ? "hard" : "soft",
        attempt: Math.min(after.inRow, confirmRuns),
        max_attempts: confirmRuns,
        flapping: after.isFlapping,
        state_change_pct: changePercent(after.changes),
        ...seen,
        previous_state_s: before === null ? null : Math.round((now - before.firstSeenAt) / 1_000),
        tool_failures_in_a_row: task.tool_failures_in_a_row,
        tools: [...(assessment.facts.activity?.failures.tools.map(([tool]) => tool) ?? [])],
        error_type: task.last_error?.type ?? null,
        message: task.message,
      },
    });
  } else if (
    task.needs_attention &&
    !isEnded(task.health) &&
    now - (before.lastStillAt ?? before.firstSeenAt) >= stillEveryMs
  ) {
    events.push({
      ...envelope,
      id: contentId(
        source,
        subject,
        report.run.reader,
        task.health,
        "still",
        formatTime(before.lastStillAt ?? before.firstSeenAt),
      ),
      type: "agentmonitor.task.health_still.v1",
      data: {
        ...about,
        health: task.health,
        reason: task.reason,
        state_type: isHard ? "hard" : "soft",
        ...seen,
      },
    });
  }
  if (isNewEnd) events.push(finishedEvent(row, envelope, about));
  return events;
}

function finishedEvent(
  row: Row,
  envelope: Pick<FinishedEvent, "specversion" | "source" | "subject" | "time">,
  about: About,
): FinishedEvent {
  const { task, assessment, history: after } = row;
  const { finding } = assessment.verdict;
  const outcome = outcomeOf(row) ?? "failure";
  const start = task.started_at === null ? null : Date.parse(task.started_at);
  const end = task.ended_at === null ? null : Date.parse(task.ended_at);
  const { delegation, activity, task: parts, earlier } = assessment.facts;
  // As it is written, also by a clock that runs ahead: it is compared with later lines of the same clock.
  const lastSeen = latest([...parts.streams, ...parts.children].map((each) => each.activity.lastActivityAt));
  const failuresBefore = earlier?.toolFailures ?? 0;
  const error = outcome === "failure" || outcome === "timeout" ? errorType(endingError(finding)) : null;
  return {
    ...envelope,
    id: endIdOf(row, envelope.source) ?? "",
    type: "agentmonitor.task.finished.v1",
    data: {
      ...about,
      request_id: delegation?.requestId ?? null,
      outcome,
      reason: task.reason,
      started_at: task.started_at,
      ended_at: task.ended_at,
      last_activity_at: lastSeen === null ? null : formatTime(lastSeen),
      duration_s:
        delegation?.result?.durationMs != null
          ? Math.round(delegation.result.durationMs / 1_000)
          : start === null || end === null || end < start
            ? null
            : Math.round((end - start) / 1_000),
      seen_healthy_s: after.seconds.healthy ?? 0,
      seen_struggling_s: after.seconds.struggling ?? 0,
      seen_stuck_s: after.seconds.stuck ?? 0,
      seen_waiting_s: after.seconds.waiting ?? 0,
      struggled: (after.seconds.struggling ?? 0) > 0,
      recovered: after.hasRecovered,
      tool_calls: task.tool_calls,
      tool_failures: activity === null ? null : failuresOf(activity.failureCount, failuresBefore),
      tokens: task.tokens === null ? null : { input: task.tokens.input, output: task.tokens.output },
      cost_usd: task.cost_usd,
      error_type: error ?? (outcome === "failure" ? task.reason : null),
    },
  };
}

function endingError(finding: Row["assessment"]["verdict"]["finding"]): string | null {
  return "error" in finding ? finding.error : null;
}

// One log or session may hold the failures of an earlier attempt.
function failuresOf(count: number, before: number): number {
  return count >= before ? count - before : count;
}
