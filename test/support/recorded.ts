import type { FinishedEvent, HealthChangedEvent, RunEvent } from "../../src/core/log/event.ts";
import { formatTime } from "../../src/core/text/time.ts";

/** A Monday, 00:00 UTC; a whole number of intervals of 4 minutes after the epoch. */
export const monday = Date.UTC(2026, 9, 19);

const about = {
  task_id: null,
  host: "host",
  root: "/srv/demo/shop",
  reader: "ada@host",
  run_id: "run",
  title: "Task",
  worktree: null,
  agent_kind: "claude-code",
  agent_name: null,
  category: null,
  session_id: null,
};
const envelope = { specversion: "1.0", source: "/agent-monitor/host/shop" } as const;
const ofTask = (kind: string, subject: string, at: number) => ({
  ...envelope,
  id: `${kind} ${subject} ${at}`,
  time: formatTime(at),
  subject,
});
/** The numbers of a run that saw nothing. */
export const noTasks = {
  total: 0,
  failed: 0,
  waiting: 0,
  stuck: 0,
  struggling: 0,
  unknown: 0,
  healthy: 0,
  completed: 0,
  cancelled: 0,
};

/** A run that saw these tasks; by cron unless `trigger` says otherwise. */
export function ran(at: number, tasks: Readonly<Record<string, string>> = {}, trigger = "cron"): RunEvent {
  return {
    ...envelope,
    id: `run ${at} ${trigger}`,
    time: formatTime(at),
    type: "agentmonitor.run.v1",
    data: {
      ...about,
      ...noTasks,
      timestamp: formatTime(at),
      trigger,
      duration_ms: 1,
      exit_code: 0,
      previous_run_at: null,
      interval_s: null,
      gap_s: null,
      missed_runs: null,
      invalid_inputs: 0,
      skipped_lines: 0,
      tasks: { ...tasks },
      told: null,
      unseen: {},
    },
  };
}

/** A change of health to stuck, unless `given` says otherwise. */
export function changed(
  subject: string,
  at: number,
  given: Partial<HealthChangedEvent["data"]> = {},
): HealthChangedEvent {
  const time = formatTime(at);
  return {
    ...ofTask("change", subject, at),
    type: "agentmonitor.task.health_changed.v1",
    data: {
      ...about,
      timestamp: time,
      from: null,
      to: "stuck",
      reason: "no_activity",
      basis: "inferred",
      state_type: "soft",
      attempt: 1,
      max_attempts: 2,
      flapping: false,
      state_change_pct: 0,
      first_seen: time,
      last_seen: time,
      count: 1,
      previous_state_s: null,
      tool_failures_in_a_row: null,
      tools: [],
      error_type: null,
      message: "no activity for 22m",
      ...given,
    },
  };
}

/** An end in success after an hour, unless `given` says otherwise. */
export function finished(
  subject: string,
  at: number,
  given: Partial<FinishedEvent["data"]> = {},
): FinishedEvent {
  const time = formatTime(at);
  return {
    ...ofTask("end", subject, at),
    type: "agentmonitor.task.finished.v1",
    data: {
      ...about,
      timestamp: time,
      request_id: null,
      outcome: "success",
      reason: "turn_over",
      started_at: formatTime(at - 3_600_000),
      ended_at: time,
      last_activity_at: time,
      duration_s: 3_600,
      seen_healthy_s: 3_600,
      seen_struggling_s: 0,
      seen_stuck_s: 0,
      seen_waiting_s: 0,
      struggled: false,
      recovered: false,
      tool_calls: null,
      tool_failures: null,
      tokens: null,
      cost_usd: null,
      error_type: null,
      ...given,
    },
  };
}
