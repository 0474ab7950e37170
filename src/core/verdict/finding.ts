import type { OpenCall, Waiting } from "../evidence/activity.ts";
import type { LoopFinding } from "../loops/finding.ts";
import type { Problem } from "../text/problem.ts";

/**
 * One thing a rule saw, with its numbers; the codes are the reasons of the JSON report and of the event log. Times in
 * epoch milliseconds, durations in milliseconds.
 */
export type Finding =
  | LoopFinding
  | { readonly code: "claim_unreadable"; readonly problem: Problem }
  | { readonly code: "claim_mismatch"; readonly problem: Problem }
  | { readonly code: "claim_alone"; readonly by: string; readonly word: string; readonly ageMs: number }
  /** `aheadMs`: how far ahead of this clock its only time is; null where it gives none. */
  | { readonly code: "no_evidence"; readonly by: string | null; readonly aheadMs: number | null }
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
  /** `how`: what there was instead, for people. */
  | { readonly code: "no_answer"; readonly how: string | null }
  | { readonly code: "cancelled"; readonly by: string | null }
  | {
      readonly code: "result_recorded" | "turn_over" | "reported_completed";
      readonly durationMs: number | null;
      readonly note: string | null;
      /** The agent's last words. */
      readonly answer: string | null;
    }
  | {
      readonly code: "completed_on_record" | "failed_on_record" | "cancelled_on_record";
      /** When a run recorded it, and the reason then. */
      readonly at: number;
      readonly reason: string;
      readonly durationMs: number | null;
    }
  | {
      readonly code:
        | "waiting_permission"
        | "waiting_question"
        | "waiting_plan_approval"
        | "waiting_usage_limit"
        | "waiting_prompt"
        | "waiting_other";
      readonly waiting: Waiting;
      readonly waitedMs: number;
      /** Nobody wrote that it waits. */
      readonly isInferred: boolean;
      /** How the turn before it ended; null when nothing was asked yet. */
      readonly before: string | null;
    }
  | {
      readonly code: "no_activity";
      readonly idleMs: number;
      readonly thresholdMs: number;
      readonly openCall: OpenCall | null;
    }
  | { readonly code: "log_ends"; readonly idleMs: number; readonly thresholdMs: number }
  | { readonly code: "queued"; readonly behind: string | null; readonly word: string; readonly ageMs: number }
  | { readonly code: "never_started"; readonly ageMs: number; readonly thresholdMs: number }
  | {
      readonly code: "provider_retries";
      readonly attempt: number;
      readonly maxAttempts: number | null;
      readonly error: string;
      /** When it tries again, where it says so. */
      readonly nextAt: number | null;
    }
  | {
      readonly code: "asleep" | "wakeup_missed";
      readonly untilAt: number;
      /** What it wants to look at then. */
      readonly reason: string | null;
    }
  | {
      readonly code: "tool_failures";
      readonly count: number;
      /** In how many steps they were made, as far as that is known: calls of one step were made at once. */
      readonly steps: number | null;
      /** From how many on it is struggling. */
      readonly threshold: number;
      /** The tools that failed, with how often each. */
      readonly tools: readonly (readonly [string, number])[];
      readonly lastAt: number | null;
      readonly error: string | null;
    }
  | {
      readonly code: "waiting_reported";
      /** The word of its status file. */
      readonly word: string;
      readonly text: string | null;
      readonly waitedMs: number | null;
    }
  | { readonly code: "restarting"; readonly says: string }
  | { readonly code: "child_running"; readonly what: string; readonly count: number }
  | { readonly code: "recent_activity"; readonly idleMs: number }
  | { readonly code: "reported_running"; readonly by: string; readonly word: string; readonly ageMs: number };

export type FindingCode = Finding["code"];
