import { z } from "zod";

const Count = z.number().int().nonnegative();
const Seconds = Count.nullable();
const Percent = z.number().min(0).max(100).nullable();

/** Ends by outcome. The rate is success / (success + failure + timeout) in percent; null of none. */
export const Rate = z.object({
  success: Count,
  failure: Count,
  timeout: Count,
  cancelled: Count,
  /** Seen open, or requested, and gone without a recorded end. */
  unknown: Count,
  success_rate_pct: Percent,
  /** Runs seen of runs due; null where runs are not scheduled. A rate says little about what nobody saw. */
  coverage_pct: Percent,
});
export type Rate = z.infer<typeof Rate>;

export const Pattern = z.object({
  kind: z.enum(["reason", "error_type", "tool"]),
  value: z.string(),
  /** Distinct tasks. */
  tasks: Count,
  /** 5 tasks and more. */
  is_frequent: z.boolean(),
  examples: z.array(z.string()),
});
export type Pattern = z.infer<typeof Pattern>;

const Waits = z.object({ tasks: Count, total_s: Count, longest_s: Seconds });

/** What an agent's ends used, as far as that was written down: each sum with how many of `tasks` it is known of. */
export const Usage = z.object({
  agent: z.string(),
  tasks: Count,
  tokens: z.object({ tasks: Count, input: Count, output: Count }).nullable(),
  cost: z.object({ tasks: Count, usd: z.number().nonnegative() }).nullable(),
});
export type Usage = z.infer<typeof Usage>;

/** What the record says about a window of time. Times RFC 3339 in UTC. */
export const Review = z.object({
  schema: z.literal("agent-monitor/review"),
  schema_version: z.literal(1),
  monitor_version: z.string(),
  root: z.string(),
  /** From the first instant on, up to and without the second. */
  window: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
  runs: z.object({
    recorded: Count,
    /** Scheduled runs that took place, of those that were due. */
    seen: Count,
    due: Count.nullable(),
    coverage_pct: Percent,
  }),
  outcomes: Rate,
  by_agent: z.array(z.object({ agent: z.string(), ...Rate.shape })),
  by_category: z.array(z.object({ category: z.string(), ...Rate.shape })),
  usage: z.array(Usage),
  open: Count,
  /** Of what ended in success, failure or timeout. */
  durations: z.object({ count: Count, median_s: Seconds, p90_s: Seconds }),
  patterns: z.array(Pattern),
  /** Times that a second look confirmed. */
  struggling: z.object({
    spells: Count,
    recovered: Count,
    worsened: Count,
    /** Went over into waiting, unknown or cancelled, or lasts still. */
    other: Count,
    recovery_rate_pct: Percent,
    median_recovery_s: Seconds,
  }),
  /** All of it; then for an answer (permission, question, plan, limit), and of sessions at their prompt. */
  waiting: z.object({ ...Waits.shape, asked: Waits, at_prompt: Waits }),
  /** Seconds that runs saw tasks in each health, summed over tasks. */
  seen_s: z.object({
    healthy: Count,
    struggling: Count,
    stuck: Count,
    waiting: Count,
    unknown: Count,
  }),
  first_sign: z.object({
    /** From the first look that showed struggling or stuck to the second, which confirmed it. */
    confirmed: Count,
    median_to_confirmed_s: Seconds,
    /** Failures and timeouts that struggling or stuck announced, and those that nothing did. */
    failures_announced: Count,
    failures_without_sign: Count,
    median_to_failure_s: Seconds,
    p90_to_failure_s: Seconds,
  }),
  read: z.object({
    event_logs: z.array(z.string()),
    delegation_logs: z.array(z.string()),
    /** `path: why` of what could not be read: the numbers lack it. */
    unreadable: z.array(z.string()),
    events: Count,
    duplicate_events: Count,
    skipped_lines: Count,
    /** Ends that no run recorded, taken from the delegation logs. */
    ends_from_delegations: Count,
  }),
});
export type Review = z.infer<typeof Review>;
