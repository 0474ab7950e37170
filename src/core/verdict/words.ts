import type { Waiting } from "../evidence/activity.ts";
import type { Health } from "../log/health.ts";
import { formatDuration, plural } from "../text/duration.ts";
import { problemPlace } from "../text/problem.ts";
import { formatMoment } from "../text/time.ts";
import type { Finding, FindingCode } from "./finding.ts";
import { loopWords } from "./loop-words.ts";
import {
  afterColon,
  askedOrSaid,
  callWords,
  clockAndAge,
  inBrackets,
  lastCallWords,
  launchedWords,
  noEvidenceMessage,
  nothingElse,
  quoted,
  type Words,
  waitingDetails,
  waitingMessage,
} from "./phrases.ts";
import type { TaskFacts } from "./task-facts.ts";

const asks = {
  health: "waiting" as const,
  message: waitingMessage,
  details: (finding: { waiting: Waiting }) => waitingDetails(finding.waiting),
  change: () => "the answer",
};
const done = {
  health: "completed" as const,
  message: ({ durationMs, note }: { durationMs: number | null; note: string | null }) =>
    note ?? (durationMs === null ? "done" : `done in ${formatDuration(durationMs)}`),
  details: ({ answer }: { answer: string | null }) => askedOrSaid(answer),
  change: () => "a new instruction in its session, or a failure in a stronger record",
};
const aloneFor = ({ by, word, ageMs }: { by: string; word: string; ageMs: number }) =>
  `${word} for ${formatDuration(ageMs)}, only ${by} says so`;

const onRecord = {
  details: ({ at, reason }: { at: number; reason: string }, { now }: TaskFacts) => [
    `recorded at ${formatMoment(at, now)} (${reason}); nothing of it is later`,
  ],
  change: () => "activity, a claim or a request that is later than the recorded end",
};

const words: Words = {
  claim_unreadable: {
    health: "unknown",
    message: ({ problem }) =>
      problem.code === "invalid_json"
        ? "status.json is not valid JSON"
        : `status.json ${problem.message.split(";")[0]}`,
    details: ({ problem }) => [`${problemPlace(problem)} ${problem.message}`],
    change: () => "a status.json that can be read, or any log or transcript of the task",
  },
  claim_mismatch: {
    health: "unknown",
    message: () => "status.json does not match the schema",
    details: ({ problem }) => [`${problemPlace(problem)}: ${problem.message}`],
    change: () => "a status.json with a word that is known, or any log or transcript of the task",
  },
  claim_alone: {
    health: "unknown",
    message: aloneFor,
    // A process that is there proves life, not work.
    details: (_, facts) => [
      [nothingElse(facts), ...(facts.liveness?.state === "alive" ? [facts.liveness.says] : [])].join("; "),
    ],
    change: () => "one tool call in .agents/logs, a transcript, or a changed file in its worktree",
  },
  no_evidence: {
    health: "unknown",
    message: noEvidenceMessage,
    details: (_, facts) => [nothingElse(facts)],
    change: () => "a status.json with a time, a log or a transcript of the task",
  },
  result_failed: {
    health: "failed",
    message: ({ outcome, durationMs }) =>
      outcome === "timeout"
        ? `timed out${durationMs === null ? "" : ` after ${formatDuration(durationMs)}`}`
        : "its result is a failure",
    details: ({ error }) => quoted(error),
    change: () => "a newer request for the same task, or a new instruction in its session",
  },
  turn_failed: {
    health: "failed",
    message: ({ outcome }) => (outcome === "timeout" ? "timed out" : "ended with an error"),
    details: ({ error }) => quoted(error),
    change: () => "a new instruction in its session",
  },
  reported_failed: {
    health: "failed",
    message: ({ word, exitCode }) =>
      `status.json says "${word}"${exitCode === null || exitCode === 0 ? "" : `, exit code ${exitCode}`}`,
    details: ({ error }) => quoted(error),
    change: () => "evidence of activity later than the claim",
  },
  process_gone: {
    health: "failed",
    message: () => "agent process is gone",
    details: ({ pid, says }, facts) => [
      ...quoted(facts.activity?.retries?.message ?? null),
      [
        /^pid \d+ does not exist$/.test(says) ? `pid ${pid} ended` : says,
        ...(facts.lastActivityAt === null
          ? []
          : [`last write ${clockAndAge(facts.lastActivityAt, facts.now)}`]),
      ].join("; "),
    ],
    change: () => "a running process of the task, or a terminal record",
  },
  no_answer: {
    health: "failed",
    message: () => "ended without an answer",
    details: ({ how }) => (how === null ? [] : [how]),
    change: () => "a new instruction in its session",
  },
  cancelled: {
    health: "cancelled",
    message: ({ by }) => by ?? "stopped",
    details: () => [],
    change: () => "a new instruction in its session",
  },
  result_recorded: done,
  turn_over: done,
  reported_completed: done,
  completed_on_record: {
    ...onRecord,
    health: "completed",
    message: ({ durationMs }) => (durationMs === null ? "done" : `done in ${formatDuration(durationMs)}`),
  },
  failed_on_record: { ...onRecord, health: "failed", message: () => "its failure is on record" },
  cancelled_on_record: { ...onRecord, health: "cancelled", message: () => "stopped" },
  waiting_permission: asks,
  waiting_question: asks,
  waiting_plan_approval: asks,
  waiting_usage_limit: asks,
  waiting_prompt: asks,
  waiting_other: asks,
  waiting_reported: {
    health: "waiting",
    message: ({ word }) => `its status file says ${word}`,
    details: ({ text }) => quoted(text),
    change: () => "another word in status.json, or activity after it was written",
  },
  no_activity: {
    health: "stuck",
    message: ({ idleMs }) => `no activity for ${formatDuration(idleMs)}`,
    details: ({ openCall }, facts) => [
      [
        openCall === null
          ? "no tool running"
          : `${callWords(openCall, facts)} running for ${formatDuration(facts.now - openCall.startedAt)}`,
        ...launchedWords(facts),
        ...lastCallWords(facts),
      ].join("; "),
    ],
    change: ({ thresholdMs }) =>
      `any activity; a longer --stuck-after than ${formatDuration(thresholdMs)} of silence`,
  },
  log_ends: {
    health: "unknown",
    message: ({ idleMs }) => `its log ended ${formatDuration(idleMs)} ago`,
    details: (_, facts) => ["nothing claims it and no process of it is known", ...lastCallWords(facts)],
    change: () => "any activity; a status.json, request or process of it",
  },
  queued: {
    health: "healthy",
    message: ({ behind, word, ageMs }) =>
      behind === null ? `${word} ${formatDuration(ageMs)} ago` : `queued behind ${behind}`,
    details: () => [],
    change: ({ behind }, { options }) =>
      `a first sign of work; ${behind === null ? formatDuration(options.stuckAfterMs) : "the end of what it is queued behind"} without one`,
  },
  never_started: {
    health: "stuck",
    message: ({ ageMs }) => `created ${formatDuration(ageMs)} ago and never started`,
    details: (_, facts) => [nothingElse(facts)],
    change: ({ thresholdMs }) =>
      `a first tool call or transcript; a longer --stuck-after than ${formatDuration(thresholdMs)}`,
  },
  ...loopWords,
  tool_failures: {
    health: "struggling",
    message: ({ count, steps }) =>
      `${plural(count, "tool failure")} detected${steps === 1 && count > 1 ? " in one step" : ""}`,
    details: ({ tools, lastAt, error }, { now }) => {
      const names = tools.map(([tool, count]) => `${tool} ×${count}`).join(", ");
      const last = lastAt === null ? [] : [`last at ${formatMoment(lastAt, now)}${afterColon(error)}`];
      return [[...(names === "" ? [] : [names]), ...last].join("; ")];
    },
    change: ({ threshold, count }) =>
      `one successful tool call; --failures above ${Math.max(threshold, count)}`,
  },
  provider_retries: {
    health: "struggling",
    message: ({ attempt, maxAttempts, nextAt }, { now }) =>
      `provider fails, attempt ${attempt}${maxAttempts === null ? "" : ` of ${maxAttempts}`}${nextAt === null ? "" : `, next try ${formatMoment(nextAt, now)}`}`,
    details: ({ error }) => quoted(error),
    change: () => "an answer from the provider",
  },
  asleep: {
    health: "healthy",
    message: ({ untilAt, reason }, { now }) =>
      `sleeps until ${formatMoment(untilAt, now)}${inBrackets(reason)}`,
    details: () => [],
    change: ({ untilAt }, { now }) => `nothing happening after ${formatMoment(untilAt, now)}`,
  },
  wakeup_missed: {
    health: "stuck",
    message: ({ untilAt, reason }, { now }) =>
      `its wake-up of ${formatMoment(untilAt, now)} did not come${inBrackets(reason)}`,
    details: () => [],
    change: () => "any activity",
  },
  restarting: {
    health: "struggling",
    message: ({ says }) => says,
    details: () => [],
    change: () => "its new process, or its staying away",
  },
  child_running: {
    health: "healthy",
    message: ({ what, count }) => `waits for ${what}${count > 1 ? ` and ${count - 1} more` : ""}`,
    details: () => [],
    change: () => "the end of what it waits for",
  },
  recent_activity: {
    health: "healthy",
    message: ({ idleMs }) => `active ${formatDuration(idleMs)} ago`,
    details: () => [],
    change: (_, { options }) =>
      `silence of ${formatDuration(options.stuckAfterMs)}, ${options.failures} failed tool calls in a row, or a terminal record`,
  },
  reported_running: {
    health: "healthy",
    message: aloneFor,
    details: () => [],
    change: (_, { options }) => `no other evidence ${formatDuration(options.stuckAfterMs)} after the claim`,
  },
};

// Method syntax: a code's entry takes its own finding, and only the code's entry is ever called with it.
type Entry = {
  message(finding: Finding, facts: TaskFacts): string;
  details(finding: Finding, facts: TaskFacts): readonly string[];
  change(finding: Finding, facts: TaskFacts): string;
};
const table: Readonly<Record<FindingCode, Entry>> = words;

/** The health that a finding means. */
export function healthOf(finding: Finding): Health {
  return "level" in finding ? finding.level : words[finding.code].health;
}

/** What was seen, in a few words that fit behind `⚠ Stuck - `. */
export function findingMessage(finding: Finding, facts: TaskFacts): string {
  return table[finding.code].message(finding, facts);
}

/** The lines below the headline. */
export function findingDetails(finding: Finding, facts: TaskFacts): readonly string[] {
  return table[finding.code].details(finding, facts);
}

/** What would change the verdict. */
export function findingChange(finding: Finding, facts: TaskFacts): string {
  return table[finding.code].change(finding, facts);
}
