import { z } from "zod";
import { healths, outcomes } from "./health.ts";

const Time = z.iso.datetime();
const Count = z.number().int().nonnegative();
const Text = z.string().nullable();
/** Lines of older versions have none. */
const Reader = z.string().default("");

/** How many tasks there are, and of each health; the healths sum to `total`. */
export const Summary = z.object({
  total: Count,
  failed: Count,
  waiting: Count,
  stuck: Count,
  struggling: Count,
  unknown: Count,
  healthy: Count,
  completed: Count,
  cancelled: Count,
});

const Envelope = { specversion: z.literal("1.0"), id: z.string(), source: z.string(), time: Time };
const TaskEnvelope = { ...Envelope, subject: z.string() };
/** The words of the sibling logs in `.agents/logs`. */
const Sibling = { timestamp: Time, task_id: Text };
const aboutKeys = {
  ...Sibling,
  host: z.string(),
  root: z.string(),
  reader: Reader,
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
    /** Whose looks these are: confirmations and what was told are counted for each reader. */
    reader: Reader,
    trigger: z.string(),
    duration_ms: Count,
    exit_code: Count,
    previous_run_at: Time.nullable(),
    /** How far apart cron's runs for this reader are, as far as earlier runs tell; null without cron. */
    interval_s: Count.nullable().default(null),
    gap_s: Count.nullable(),
    missed_runs: Count.nullable(),
    ...Summary.shape,
    invalid_inputs: Count,
    skipped_lines: Count,
    /**
     * Subject → `health/reason` of every open task, and of those that this run saw end; null: as in this reader's run
     * before.
     */
    tasks: z.record(z.string(), z.string()).nullable(),
    /**
     * Subject → what `--changed` told of it in this run: `health/flapping/which`, where which names the question or the
     * end; null: this run told no changes.
     */
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

const HealthStillEvent = z.object({
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

export const FinishedEvent = z.object({
  ...TaskEnvelope,
  type: z.literal("agentmonitor.task.finished.v1"),
  data: z.object({
    ...aboutKeys,
    request_id: Text,
    outcome: z.enum(outcomes),
    reason: z.string(),
    started_at: Time.nullable(),
    ended_at: Time.nullable(),
    /** The last thing that was seen of it: anything later is new work. */
    last_activity_at: Time.nullable().default(null),
    duration_s: Count.nullable(),
    seen_healthy_s: Count,
    seen_struggling_s: Count,
    seen_stuck_s: Count,
    seen_waiting_s: Count,
    struggled: z.boolean(),
    recovered: z.boolean(),
    tool_calls: Count.nullable(),
    tool_failures: Count.nullable(),
    /** What this attempt used, where its agent wrote it; lines of older versions do not say. */
    tokens: z.object({ input: Count, output: Count }).nullable().default(null),
    cost_usd: z.number().nonnegative().nullable().default(null),
    error_type: Text,
  }),
});
export type FinishedEvent = z.infer<typeof FinishedEvent>;

/** One line of `background_monitoring.jsonl` as a CloudEvents 1.0 event. */
export const MonitoringEvent = z.discriminatedUnion("type", [
  RunEvent,
  HealthChangedEvent,
  HealthStillEvent,
  FinishedEvent,
]);
export type MonitoringEvent = z.infer<typeof MonitoringEvent>;
