import type { Waiting } from "../evidence/activity.ts";
import { targetWithin } from "../report/progress.ts";
import { formatDuration, plural } from "../text/duration.ts";
import { problemPlace } from "../text/problem.ts";
import { formatClock } from "../text/time.ts";
import type { Finding, FindingCode } from "./finding.ts";
import { loopWords } from "./loop-words.ts";
import type { TaskFacts } from "./task-facts.ts";

type Of<Code extends FindingCode> = Extract<Finding, { code: Code }>;
type Words = {
  readonly [Code in FindingCode]: {
    /** What was seen, without the health's word: "no activity for 22m". */
    readonly message: (finding: Of<Code>) => string;
    /** What stands behind it, a line each. */
    readonly details: (finding: Of<Code>, facts: TaskFacts) => readonly string[];
    /** What would change the verdict, as one sentence. */
    readonly change: (finding: Of<Code>, facts: TaskFacts) => string;
  };
};

const nothingElse = "no log, transcript or file change found";
const asks = {
  message: (finding: { waiting: Waiting }) => waitingMessage(finding.waiting),
  details: (finding: { waiting: Waiting }) => waitingDetails(finding.waiting),
  change: () => "the answer",
};
const done = {
  message: ({ durationMs, note }: { durationMs: number | null; note: string | null }) =>
    note ?? (durationMs === null ? "done" : `done in ${formatDuration(durationMs)}`),
  details: ({ answer }: { answer: string | null }) => quoted(answer),
  change: () => "a new instruction in its session, or a failure in a stronger record",
};
const claimed = {
  message: ({ by, word, ageMs }: { by: string; word: string; ageMs: number }) =>
    `${word} for ${formatDuration(ageMs)} by ${by} alone`,
};

const newAnswer = () => "a call with an answer not seen before, or a new instruction";

const words: Words = {
  claim_unreadable: {
    message: ({ problem }) =>
      problem.code === "invalid_json"
        ? "status.json is not valid JSON"
        : `status.json ${problem.message.split(";")[0]}`,
    details: ({ problem }) => [`${problemPlace(problem)} ${problem.message}`],
    change: () => "a status.json that can be read, or any log or transcript of the task",
  },
  claim_mismatch: {
    message: () => "status.json does not match the schema",
    details: ({ problem }, facts) => [
      ...(facts.task.status?.problems ?? [problem]).map((each) => `${problemPlace(each)}: ${each.message}`),
      ...whatEvidenceSays(facts),
    ],
    change: () => "a status.json whose known keys have the right types",
  },
  claim_alone: {
    ...claimed,
    // A process that is there proves life, not work.
    details: (_, { liveness }) => [
      liveness?.state === "alive" ? `${nothingElse}; ${liveness.says}` : nothingElse,
    ],
    change: () => "one tool call in .agents/logs, a transcript, or a changed file in its worktree",
  },
  no_evidence: {
    message: ({ by }) => (by === null ? "nothing says how it is" : `${by} does not say since when`),
    details: () => [nothingElse],
    change: () => "a status.json with a time, a log or a transcript of the task",
  },
  result_failed: {
    message: ({ outcome, durationMs }) =>
      outcome === "timeout"
        ? `timed out${durationMs === null ? "" : ` after ${formatDuration(durationMs)}`}`
        : "its result is a failure",
    details: ({ error }) => quoted(error),
    change: () => "a newer request for the same task, or a new instruction in its session",
  },
  turn_failed: {
    message: ({ outcome }) => (outcome === "timeout" ? "timed out" : "ended with an error"),
    details: ({ error }) => quoted(error),
    change: () => "a new instruction in its session",
  },
  reported_failed: {
    message: ({ word, exitCode }) =>
      `status.json says "${word}"${exitCode === null || exitCode === 0 ? "" : `, exit code ${exitCode}`}`,
    details: ({ error }) => quoted(error),
    change: () => "evidence of activity later than the claim",
  },
  process_gone: {
    message: () => "agent process is gone",
    details: ({ pid, says }, facts) => [
      [
        /^pid \d+ does not exist$/.test(says) ? `pid ${pid} ended` : says,
        ...(facts.lastActivityAt === null
          ? []
          : [`last write ${clockAndAge(facts.lastActivityAt, facts.now)}`]),
      ].join("; "),
    ],
    change: () => "a running process of the task, or a terminal record",
  },
  cancelled: {
    message: ({ by }) => by ?? "stopped",
    details: () => [],
    change: () => "a new instruction in its session",
  },
  result_recorded: done,
  turn_over: done,
  reported_completed: done,
  waiting_permission: asks,
  waiting_question: asks,
  waiting_plan_approval: asks,
  waiting_usage_limit: asks,
  waiting_prompt: asks,
  no_activity: {
    message: ({ idleMs }) => `no activity for ${formatDuration(idleMs)}`,
    details: ({ openCall }, facts) => [
      [
        openCall === null
          ? "no tool running"
          : `${callWords(openCall, facts)} running for ${formatDuration(facts.now - openCall.startedAt)}`,
        ...lastCallWords(facts),
      ].join("; "),
    ],
    change: ({ thresholdMs }) =>
      `any activity; a longer --stuck-after than ${formatDuration(thresholdMs)} of silence`,
  },
  never_started: {
    message: ({ ageMs }) => `created ${formatDuration(ageMs)} ago and never started`,
    details: () => [nothingElse],
    change: ({ thresholdMs }) =>
      `a first tool call or transcript; a longer --stuck-after than ${formatDuration(thresholdMs)}`,
  },
  repeated_call: { ...loopWords.repeated_call, change: newAnswer },
  repeated_edit: { ...loopWords.repeated_edit, change: () => "another edit, or a new instruction" },
  cycle: { ...loopWords.cycle, change: newAnswer },
  same_error: { ...loopWords.same_error, change: newAnswer },
  same_answer: { ...loopWords.same_answer, change: newAnswer },
  edits_without_effect: {
    ...loopWords.edits_without_effect,
    change: () => "a check that comes out differently",
  },
  no_news: { ...loopWords.no_news, change: newAnswer },
  old_answers: { ...loopWords.old_answers, change: newAnswer },
  polling: { ...loopWords.polling, change: newAnswer },
  provider_errors: { ...loopWords.provider_errors, change: () => "an answer from the provider" },
  monologue: { ...loopWords.monologue, change: () => "a tool call" },
  tool_failures: {
    ...loopWords.tool_failures,
    change: ({ threshold, count }) =>
      `one successful tool call; --failures above ${Math.max(threshold, count)}`,
  },
  provider_retries: {
    message: ({ attempt, maxAttempts }) =>
      `provider fails, attempt ${attempt}${maxAttempts === null ? "" : ` of ${maxAttempts}`}`,
    details: ({ error }) => quoted(error),
    change: () => "an answer from the provider",
  },
  child_running: {
    message: ({ what, count }) => `waits for ${what}${count > 1 ? ` and ${count - 1} more` : ""}`,
    details: () => [],
    change: () => "the end of what it waits for",
  },
  recent_activity: {
    message: ({ idleMs }) => `active ${formatDuration(idleMs)} ago`,
    details: () => [],
    change: (_, { options }) =>
      `silence of ${formatDuration(options.stuckAfterMs)}, ${options.failures} failed tool calls in a row, or a terminal record`,
  },
  reported_running: {
    ...claimed,
    details: () => [],
    change: (_, { options }) => `no other evidence ${formatDuration(options.stuckAfterMs)} after the claim`,
  },
};

// Method syntax: a code's entry takes its own finding, and only the code's entry is ever called with it.
const table: Readonly<
  Record<
    FindingCode,
    {
      message(finding: Finding): string;
      details(finding: Finding, facts: TaskFacts): readonly string[];
      change(finding: Finding, facts: TaskFacts): string;
    }
  >
> = words;

/** What was seen, in a few words that fit behind `⚠ Stuck - `. */
export function findingMessage(finding: Finding): string {
  return table[finding.code].message(finding);
}

/** The lines below the headline. */
export function findingDetails(finding: Finding, facts: TaskFacts): readonly string[] {
  return table[finding.code].details(finding, facts);
}

/** What would change the verdict. */
export function findingChange(finding: Finding, facts: TaskFacts): string {
  return table[finding.code].change(finding, facts);
}

/** `14:05 (27m)` */
export function clockAndAge(at: number, now: number): string {
  return `${formatClock(at)} (${formatDuration(now - at)})`;
}

function waitingMessage(waiting: Waiting): string {
  switch (waiting.for) {
    case "permission":
      return waiting.tool === null ? "permission" : `permission for ${waiting.tool}`;
    case "question":
      return "a question is open";
    case "plan_approval":
      return "its plan waits for approval";
    case "usage_limit":
      return "usage limit reached";
    case "prompt":
      return "turn over, waits for the next prompt";
    default:
      return waiting.for satisfies never;
  }
}

function waitingDetails(waiting: Waiting): readonly string[] {
  return waiting.text === null ? [] : [`asks: ${waiting.text}`];
}

function whatEvidenceSays(facts: TaskFacts): string[] {
  const { activity, lastActivityAt } = facts;
  if (activity === null || lastActivityAt === null) return [];
  const state = activity.ended === null ? "running" : "ended";
  const calls = plural(activity.callCount, "tool call");
  return [
    `its ${facts.current?.source === "agent_logs" ? "log" : "transcript"} says: ${state}, ${calls}, last activity ${formatClock(lastActivityAt)}`,
  ];
}

function lastCallWords(facts: TaskFacts): string[] {
  const call = facts.activity?.lastCall ?? null;
  return call === null ? [] : [`last: ${callWords(call, facts)} at ${formatClock(call.endedAt)}`];
}

function callWords(
  call: { readonly tool: string; readonly target: string | null },
  facts: TaskFacts,
): string {
  const target = targetWithin(call, facts.task.status?.worktree ?? facts.current?.identity.worktree ?? null);
  return target === null ? call.tool : `${call.tool} ${target}`;
}

function quoted(text: string | null): string[] {
  return text === null || text === "" ? [] : [`"${text}"`];
}
