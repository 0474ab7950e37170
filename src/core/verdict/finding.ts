import type { OpenCall, Waiting } from "../evidence/activity.ts";
import type { LoopFinding } from "../loops/finding.ts";
import type { Problem } from "../text/problem.ts";

export const healths = [
  "failed",
  "waiting",
  "stuck",
  "struggling",
  "unknown",
  "healthy",
  "cancelled",
  "completed",
] as const;
/** In the order in which tasks are printed. */
export type Health = (typeof healths)[number];

/** How a thing is known: seen in evidence, said by somebody, or concluded from what is missing. */
export type Basis = "observed" | "reported" | "inferred";

export type Severity = "ok" | "unknown" | "warning" | "critical";

export const severityOf = {
  failed: "critical",
  waiting: "warning",
  stuck: "warning",
  struggling: "warning",
  unknown: "unknown",
  healthy: "ok",
  cancelled: "ok",
  completed: "ok",
} as const satisfies Record<Health, Severity>;

/** Where a finding was read. `source` is a file's short name or the kind of evidence; `file` as the source names it. */
export type Origin = {
  readonly source: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly at: number | null;
};

/**
 * One thing a rule saw, with its numbers; the codes are the reasons of the JSON report and of the event log. Times in
 * epoch milliseconds, durations in milliseconds.
 */
export type Finding =
  | LoopFinding
  | { readonly code: "claim_unreadable"; readonly problem: Problem }
  | { readonly code: "claim_mismatch"; readonly problem: Problem }
  | { readonly code: "claim_alone"; readonly by: string; readonly word: string; readonly ageMs: number }
  | { readonly code: "no_evidence"; readonly by: string | null }
  | {
      readonly code: "result_failed";
      readonly outcome: "failure" | "timeout";
      readonly error: string | null;
      readonly durationMs: number | null;
    }
  | { readonly code: "turn_failed"; readonly outcome: "failure" | "timeout"; readonly error: string | null }
  | {
      readonly code: "reported_failed";
      readonly word: string;
      readonly error: string | null;
      readonly exitCode: number | null;
    }
  | { readonly code: "process_gone"; readonly pid: number | null; readonly says: string }
  | { readonly code: "cancelled"; readonly by: string | null }
  | {
      readonly code: "result_recorded" | "turn_over" | "reported_completed";
      readonly durationMs: number | null;
      readonly note: string | null;
      /** The agent's last words. */
      readonly answer: string | null;
    }
  | {
      readonly code:
        | "waiting_permission"
        | "waiting_question"
        | "waiting_plan_approval"
        | "waiting_usage_limit"
        | "waiting_prompt";
      readonly waiting: Waiting;
      readonly waitedMs: number;
    }
  | {
      readonly code: "no_activity";
      readonly idleMs: number;
      readonly thresholdMs: number;
      readonly openCall: OpenCall | null;
    }
  | { readonly code: "never_started"; readonly ageMs: number; readonly thresholdMs: number }
  | {
      readonly code: "provider_retries";
      readonly attempt: number;
      readonly maxAttempts: number | null;
      readonly error: string;
    }
  | { readonly code: "child_running"; readonly what: string; readonly count: number }
  | { readonly code: "recent_activity"; readonly idleMs: number }
  | { readonly code: "reported_running"; readonly by: string; readonly word: string; readonly ageMs: number };

export type FindingCode = Finding["code"];

/** The health that a finding means, whoever found it. */
export function healthOf(finding: Finding): Health {
  return "level" in finding ? finding.level : healthByCode[finding.code];
}

const healthByCode = {
  claim_unreadable: "unknown",
  claim_mismatch: "unknown",
  claim_alone: "unknown",
  no_evidence: "unknown",
  result_failed: "failed",
  turn_failed: "failed",
  reported_failed: "failed",
  process_gone: "failed",
  cancelled: "cancelled",
  result_recorded: "completed",
  turn_over: "completed",
  reported_completed: "completed",
  waiting_permission: "waiting",
  waiting_question: "waiting",
  waiting_plan_approval: "waiting",
  waiting_usage_limit: "waiting",
  waiting_prompt: "waiting",
  no_activity: "stuck",
  never_started: "stuck",
  provider_retries: "struggling",
  child_running: "healthy",
  recent_activity: "healthy",
  reported_running: "healthy",
} as const satisfies Record<Exclude<FindingCode, LoopFinding["code"]>, Health>;
