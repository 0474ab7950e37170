import type { About, FinishedEvent, MonitoringEvent, RunEvent } from "../log/event.ts";
import { isEnded } from "../log/health.ts";
import { changePercent, type History } from "../log/history.ts";
import type { HealthReport } from "../report/report.ts";
import { errorType } from "../report/report.ts";
import { confirmRuns, type Row } from "../report/task-row.ts";
import { formatTime } from "../text/time.ts";
import { missedProcesses } from "../verdict/liveness.ts";

/** A bad health is recorded, and told, again after this long at the earliest (CONTRACT.md, "Event log"). */
export const stillEveryMs = 3_600_000;

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
  const source = `/agent-monitor/${report.run.host}/${report.run.root.split("/").at(-1) ?? ""}`;
  const events = rows.flatMap((row) => taskEvents(row, report, history, now, source));
  const finished = new Set(
    events.flatMap((event) => (event.type === "agentmonitor.task.finished.v1" ? [event.subject] : [])),
  );
  const open = rows.filter(({ subject, task }) => !isEnded(task.health) || finished.has(subject));
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
      trigger: report.run.trigger,
      duration_ms: report.run.duration_ms,
      exit_code: report.verdict.exit_code,
      previous_run_at: report.run.previous_run_at,
      gap_s: report.run.gap_s,
      missed_runs: report.run.missed_runs,
      ...report.summary,
      invalid_inputs: report.collected.status_files.invalid,
      skipped_lines: report.collected.sources.reduce((sum, { skipped_lines }) => sum + skipped_lines, 0),
      tasks: Object.fromEntries(open.map(({ subject, task }) => [subject, `${task.health}/${task.reason}`])),
      told,
      unseen: unseenIn(rows, unseenSince, now),
    },
  };
  // Last: a run whose own line stands has told all that it saw. Of one that was cut off in between, what stands counts and
  // the next run tells the rest.
  return [...events, run];
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
  const { subject, task, assessment, history: after } = row;
  const before = history.tasks.get(subject) ?? null;
  // An end that is recorded already is history: nothing more to say until it is taken up again or ends in another way.
  if (before?.isFinished === true && after.isFinished) return [];
  const time = formatTime(now);
  const envelope = { specversion: "1.0" as const, source, subject, time };
  const about = {
    timestamp: time,
    task_id: task.id,
    host: report.run.host,
    root: report.run.root,
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
  if (before?.health !== task.health || before.reason !== task.reason) {
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
        attempt: Math.min(after.count, confirmRuns),
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
  if (isEnded(task.health)) events.push(finishedEvent(row, envelope, about));
  return events;
}

function finishedEvent(
  { subject, task, assessment, history: after }: Row,
  envelope: Pick<FinishedEvent, "specversion" | "source" | "subject" | "time">,
  about: About,
): FinishedEvent {
  const { finding } = assessment.verdict;
  const isTimeout =
    ("outcome" in finding && finding.outcome === "timeout") ||
    ("word" in finding && finding.word === "timeout");
  const outcome =
    task.health === "completed"
      ? "success"
      : task.health === "cancelled"
        ? "cancelled"
        : isTimeout
          ? "timeout"
          : "failure";
  const start = task.started_at === null ? null : Date.parse(task.started_at);
  const end = task.ended_at === null ? null : Date.parse(task.ended_at);
  const { delegation, activity } = assessment.facts;
  const error = outcome === "failure" || outcome === "timeout" ? errorType(endingError(finding)) : null;
  return {
    ...envelope,
    id: contentId(envelope.source, subject, "finished", outcome, task.started_at ?? "", task.ended_at ?? ""),
    type: "agentmonitor.task.finished.v1",
    data: {
      ...about,
      request_id: delegation?.requestId ?? null,
      outcome,
      reason: task.reason,
      started_at: task.started_at,
      ended_at: task.ended_at,
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
      tool_failures: activity?.failureCount ?? null,
      error_type: error ?? (outcome === "failure" ? task.reason : null),
    },
  };
}

function endingError(finding: Row["assessment"]["verdict"]["finding"]): string | null {
  return "error" in finding ? finding.error : null;
}

function contentId(...parts: readonly string[]): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(parts.join("\n")).digest("hex").slice(0, 12)}`;
}
