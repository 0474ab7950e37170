import { z } from "zod";
import { Summary } from "../log/event.ts";
import { healths } from "../log/health.ts";
import { problemCodes } from "../text/problem.ts";

const Time = z.iso.datetime().nullable();
const Count = z.number().int().nonnegative();
const Text = z.string().nullable();

const Problem = z.object({
  code: z.enum(problemCodes),
  path: z.string(),
  line: z.number().int().nullable(),
  column: z.number().int().nullable(),
  message: z.string(),
});

export const Evidence = z.object({
  source: z.string(),
  basis: z.enum(["observed", "reported", "inferred"]),
  says: z.string(),
  at: Time,
  file: Text,
  line: Count.nullable(),
});
export type Evidence = z.infer<typeof Evidence>;

/** One task of the report. Times RFC 3339 in UTC, durations whole seconds, paths relative to `run.root`. */
export const TaskReport = z.object({
  id: Text,
  title: z.string(),
  worktree: Text,
  branch: Text,
  agent: z.object({ kind: z.string(), name: Text, session_id: Text, pid: Count.nullable() }),
  health: z.enum(healths),
  reason: z.string(),
  reported_status: Text,
  needs_attention: z.boolean(),
  message: z.string(),
  since: Time,
  confirmed: z.boolean(),
  flapping: z.boolean(),
  progress: z.object({
    done: Count.nullable(),
    total: Count.nullable(),
    /** Where per cent is all that its launcher gives. */
    percent: Count.nullable(),
    estimated: z.boolean(),
    basis: Text,
    activity: Text,
  }),
  started_at: Time,
  ended_at: Time,
  last_activity_at: Time,
  idle_s: Count.nullable(),
  /** Null where the agent wrote none; `window`: how many the model takes, where the agent wrote it. */
  tokens: z
    .object({ input: Count, output: Count, context: Count.nullable(), window: Count.nullable() })
    .nullable(),
  cost_usd: z.number().nullable(),
  /** What an ended task of a linked worktree committed beyond the main checkout; null where that was not asked of git. */
  commits_ahead: Count.nullable(),
  diff: z.object({ files: Count, added: Count, removed: Count }).nullable(),
  tool_calls: Count.nullable(),
  tool_failures_in_a_row: Count.nullable(),
  /** What a person can do next, as a command line; null when nothing is to be done or nothing is known. */
  next_command: Text,
  last_tool: z
    .object({ name: z.string(), state: z.enum(["running", "ok", "error", "neutral"]), at: Time })
    .nullable(),
  last_error: z.object({ type: Text, tool: Text, message: Text, at: Time }).nullable(),
  waiting_for: z.object({ kind: z.string(), tool: Text, text: Text, since: Time }).nullable(),
  children: z.array(
    z.object({ id: Text, title: Text, kind: z.string(), state: z.enum(["running", "ended"]) }),
  ),
  details: z.array(z.string()),
  evidence: z.array(Evidence),
});
export type TaskReport = z.infer<typeof TaskReport>;

/** A task with `--json --explain`: all that holds of it, the rules that came close, and what would change its health. */
export const ExplainedTask = TaskReport.extend({
  findings: z.array(z.object({ code: z.string(), health: z.enum(healths), message: z.string() })),
  rules: z.array(
    z.object({
      rule: z.string(),
      count: Count,
      of: Count.nullable(),
      struggling_from: Count.nullable(),
      stuck_from: Count.nullable(),
      excuse: Text,
      calls: z.array(z.object({ at: z.iso.datetime(), tool: z.string(), target: Text })),
    }),
  ),
  would_change: z.array(z.string()),
});
export type ExplainedTask = z.infer<typeof ExplainedTask>;

const Outcome = z.enum(["read", "absent", "denied", "failed"]);

/** The report as one JSON document, as `--json` prints it. */
export const HealthReport = z.object({
  schema: z.literal("agent-monitor/report"),
  schema_version: z.literal(1),
  monitor_version: z.string(),
  run: z.object({
    id: z.string(),
    at: z.iso.datetime(),
    host: z.string(),
    root: z.string(),
    /** Whose confirmations and news these are: `--reader`, else user, host and the options that make the verdict. */
    reader: z.string(),
    trigger: z.enum(["terminal", "cron", "ci", "script"]),
    duration_ms: Count,
    previous_run_at: Time,
    /** How far apart cron's runs for this reader are, as far as earlier runs tell; null without cron. */
    interval_s: Count.nullable(),
    gap_s: Count.nullable(),
    missed_runs: Count.nullable(),
  }),
  verdict: z.object({
    state: z.enum(["ok", "unknown", "warning", "critical"]),
    exit_code: z.number().int().min(0).max(3),
    needs_attention: Count,
  }),
  summary: Summary,
  thresholds: z.object({
    tool_failures_in_a_row: Count,
    stuck_after_s: Count,
    stuck_after_open_tool_s: Count,
    confirm_runs: Count,
  }),
  collected: z.object({
    worktrees: Count,
    status_files: z.object({ pattern: z.string(), found: Count, invalid: Count, outcome: Outcome }),
    sources: z.array(
      z.object({
        id: z.string(),
        outcome: Outcome,
        reason: Text,
        streams: Count,
        new_events: Count,
        skipped_lines: Count,
        newest_version: Text,
        notes: z.array(z.string()),
      }),
    ),
    processes: Outcome,
  }),
  tasks: z.array(TaskReport),
  problems: z.array(Problem),
});
export type HealthReport = z.infer<typeof HealthReport>;
