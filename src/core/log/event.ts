import { z } from "zod";
import { fieldOf, recordOf, stringIn } from "../text/fields.ts";
import { type Health, healths, Summary } from "./health.ts";

const Time = z.iso.datetime();
const Count = z.number().int().nonnegative();
const Text = z.string().nullable();

const Envelope = { specversion: z.literal("1.0"), id: z.string(), source: z.string(), time: Time };
const TaskEnvelope = { ...Envelope, subject: z.string() };
/** The words of the sibling logs in `.agents/logs`. */
const Sibling = { timestamp: Time, task_id: Text };
const aboutKeys = {
  ...Sibling,
  host: z.string(),
  root: z.string(),
  run_id: z.string(),
  title: z.string(),
  worktree: Text,
  agent_kind: z.string(),
  agent_name: Text,
  category: Text,
  session_id: Text,
};
const About = z.object(aboutKeys);
/** What every event of a task says of it. */
export type About = z.infer<typeof About>;

export const RunEvent = z.object({
  ...Envelope,
  type: z.literal("agentmonitor.run.v1"),
  data: z.object({
    ...Sibling,
    host: z.string(),
    root: z.string(),
    trigger: z.string(),
    duration_ms: Count,
    exit_code: Count,
    previous_run_at: Time.nullable(),
    gap_s: Count.nullable(),
    missed_runs: Count.nullable(),
    ...Summary.shape,
    invalid_inputs: Count,
    skipped_lines: Count,
    /** Subject → `health/reason` of every open task, and of those that this run saw end. */
    tasks: z.record(z.string(), z.string()),
    /** Subject → what `--changed` told of it in this run: its health, `/flapping` behind it; null: this run told no changes. */
    told: z.record(z.string(), z.string()).nullable(),
    /** Each process of an open task that this run missed → when a run missed it first. */
    unseen: z.record(z.string(), Time).default({}),
  }),
});
export type RunEvent = z.infer<typeof RunEvent>;

export const HealthChangedEvent = z.object({
  ...TaskEnvelope,
  type: z.literal("agentmonitor.task.health_changed.v1"),
  data: z.object({
    ...aboutKeys,
    from: z.enum(healths).nullable(),
    to: z.enum(healths),
    reason: z.string(),
    basis: z.enum(["observed", "reported", "inferred"]),
    state_type: z.enum(["soft", "hard"]),
    attempt: Count,
    max_attempts: Count,
    flapping: z.boolean(),
    state_change_pct: Count,
    first_seen: Time,
    last_seen: Time,
    count: Count,
    previous_state_s: Count.nullable(),
    tool_failures_in_a_row: Count.nullable(),
    tools: z.array(z.string()),
    error_type: Text,
    message: z.string(),
  }),
});
export type HealthChangedEvent = z.infer<typeof HealthChangedEvent>;

export const HealthStillEvent = z.object({
  ...TaskEnvelope,
  type: z.literal("agentmonitor.task.health_still.v1"),
  data: z.object({
    ...aboutKeys,
    health: z.enum(healths),
    reason: z.string(),
    state_type: z.enum(["soft", "hard"]),
    first_seen: Time,
    last_seen: Time,
    count: Count,
  }),
});
export type HealthStillEvent = z.infer<typeof HealthStillEvent>;

export const FinishedEvent = z.object({
  ...TaskEnvelope,
  type: z.literal("agentmonitor.task.finished.v1"),
  data: z.object({
    ...aboutKeys,
    request_id: Text,
    outcome: z.enum(["success", "failure", "timeout", "cancelled"]),
    reason: z.string(),
    started_at: Time.nullable(),
    ended_at: Time.nullable(),
    duration_s: Count.nullable(),
    seen_healthy_s: Count,
    seen_struggling_s: Count,
    seen_stuck_s: Count,
    seen_waiting_s: Count,
    struggled: z.boolean(),
    recovered: z.boolean(),
    tool_calls: Count.nullable(),
    tool_failures: Count.nullable(),
    error_type: Text,
  }),
});
export type FinishedEvent = z.infer<typeof FinishedEvent>;

/** One line of `background_monitoring.jsonl`: CloudEvents 1.0, the promise of CONTRACT.md, "Event log". */
export const MonitoringEvent = z.discriminatedUnion("type", [
  RunEvent,
  HealthChangedEvent,
  HealthStillEvent,
  FinishedEvent,
]);
export type MonitoringEvent = z.infer<typeof MonitoringEvent>;

/** Of each run and task as `health/reason`. */
type States = Readonly<Record<string, string>>;
type Envelope = { readonly id: string; readonly time: string };
type TaskEnvelope = Envelope & { readonly subject: string };

/** What a run needs of an earlier one's events. */
export type RecalledEvent =
  | (Envelope & {
      readonly type: "agentmonitor.run.v1";
      readonly data: {
        readonly trigger: string;
        readonly tasks: States;
        readonly told: States | null;
        readonly unseen: States | null;
      };
    })
  | (TaskEnvelope & {
      readonly type: "agentmonitor.task.health_changed.v1";
      readonly data: {
        readonly run_id: string;
        readonly to: Health;
        readonly reason: string;
        readonly task_id: string | null;
        readonly title: string;
        readonly session_id: string | null;
        readonly worktree: string | null;
      };
    })
  | (TaskEnvelope & { readonly type: "agentmonitor.task.health_still.v1" })
  | (TaskEnvelope & { readonly type: "agentmonitor.task.finished.v1" });

// `time` as every event has it.
const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Reads an event; null for what is none. By hand: every run reads thousands of them, a week's and more. */
export function parseRecalled(value: unknown): RecalledEvent | null {
  const [id, time, type] = [stringIn(value, "id"), stringIn(value, "time"), stringIn(value, "type")];
  if (id === undefined || time === undefined || !utc.test(time)) return null;
  const data = fieldOf(value, "data");
  if (type === "agentmonitor.run.v1") {
    const trigger = stringIn(data, "trigger");
    const tasks = fieldOf(data, "tasks");
    const told = fieldOf(data, "told");
    if (trigger === undefined || !isStates(tasks) || (told !== null && !isStates(told))) return null;
    const unseen = fieldOf(data, "unseen");
    return { id, time, type, data: { trigger, tasks, told, unseen: isStates(unseen) ? unseen : null } };
  }
  const subject = stringIn(value, "subject");
  if (subject === undefined) return null;
  if (type === "agentmonitor.task.health_still.v1" || type === "agentmonitor.task.finished.v1")
    return { id, time, subject, type };
  if (type !== "agentmonitor.task.health_changed.v1") return null;
  const to = healths.find((health) => health === stringIn(data, "to"));
  const [runId, reason] = [stringIn(data, "run_id"), stringIn(data, "reason")];
  if (to === undefined || runId === undefined || reason === undefined) return null;
  const text = (name: string) => stringIn(data, name) ?? null;
  const whose = { task_id: text("task_id"), session_id: text("session_id"), worktree: text("worktree") };
  return {
    id,
    time,
    subject,
    type,
    data: { run_id: runId, to, reason, title: text("title") ?? "", ...whose },
  };
}

function isStates(value: unknown): value is States {
  const record = recordOf(value);
  if (record === null) return false;
  for (const name in record) if (typeof record[name] !== "string") return false;
  return true;
}
