import type { Activity, Waiting } from "../evidence/activity.ts";
import { isUnasked } from "../evidence/activity-since.ts";
import { targetWithin } from "../evidence/call-digest.ts";
import type { Health } from "../log/health.ts";
import type { LoopCalls, LoopFinding, LoopRuleId } from "../loops/finding.ts";
import { formatDuration } from "../text/duration.ts";
import { questionIn } from "../text/last-words.ts";
import { shorten } from "../text/safe-text.ts";
import { formatMoment, latest } from "../text/time.ts";
import type { Finding, FindingCode } from "./finding.ts";
import type { TaskFacts } from "./task-facts.ts";

type Of<Code extends FindingCode> = Extract<Finding, { code: Code }>;
/** All that there is to say of each code: nothing else in the program does. */
export type Words = {
  readonly [Code in FindingCode]: {
    /** The health that it means, whoever found it; that of a loop is its level. */
    readonly health: Code extends LoopFinding["code"] ? "level" : Health;
    /** What was seen, without the health's word: "no activity for 22m". */
    readonly message: (finding: Of<Code>, facts: TaskFacts) => string;
    /** What stands behind it, a line each. */
    readonly details: (finding: Of<Code>, facts: TaskFacts) => readonly string[];
    /** What would change the verdict, as one sentence. */
    readonly change: (finding: Of<Code>, facts: TaskFacts) => string;
  };
};

/** The loop rules in words: the code of what they find, and what they count. */
export const loopRuleNames = {
  R1: "repeated_call (the same call with the same result in a row)",
  R1m: "repeated_edit (the same edit in a row)",
  R1w: "repeated_call (the same call between others, with an old result)",
  R2: "cycle (rounds of a cycle)",
  R3: "same_error (the same error)",
  R3b: "same_error (the same error over a long window)",
  R4: "same_answer (the same answer to different questions)",
  R4m: "same_answer (the same outcome of different edits)",
  R5: "edits_without_effect (edits without effect on a check)",
  R6: "no_news (calls without news)",
  R7: "old_answers (answers heard often before)",
  R8: "only_failures (failed steps in a row)",
  W: "polling (equal polls)",
  M: "monologue (equal messages or condensations without a call)",
} as const satisfies Record<LoopRuleId, string>;

/** `14:05 (27m)`, with its date where that is another day's. */
export function clockAndAge(at: number, now: number): string {
  return `${formatMoment(at, now)} (${formatDuration(now - at)})`;
}

/** How the turn before a prompt ended; null when nothing was asked yet. */
export function beforePrompt(activity: Activity): string | null {
  const { ended } = activity;
  if (isUnasked(activity)) return null;
  return ended?.outcome === "cancelled" ? (ended.message ?? "interrupted") : "turn finished";
}

export function waitingMessage(finding: {
  readonly waiting: Waiting;
  readonly waitedMs: number;
  readonly isInferred: boolean;
  readonly before: string | null;
}): string {
  const { waiting, waitedMs, isInferred, before } = finding;
  switch (waiting.for) {
    case "permission":
      if (isInferred) return `may wait for your approval: ${waiting.tool}`;
      return waiting.tool === null ? "needs a permission" : `needs permission to run ${waiting.tool}`;
    case "question":
      return "a question is open";
    case "plan_approval":
      return "its plan waits for approval";
    case "usage_limit":
      return waiting.untilAt === null
        ? "usage limit reached"
        : limitWords(waiting.untilAt, waiting.at + waitedMs);
    case "prompt":
      return before === null ? "waiting for its first prompt" : `${before}, waiting for a prompt`;
    case "other":
      return waiting.text === null ? "waits for somebody" : `waits for somebody: ${waiting.text}`;
    default:
      return waiting.for satisfies never;
  }
}

export function waitingDetails(waiting: Waiting): readonly string[] {
  if (waiting.for === "usage_limit") return quoted(waiting.text);
  return waiting.text === null || waiting.for === "other" ? [] : [`asks: ${waiting.text}`];
}

function limitWords(untilAt: number, now: number): string {
  if (untilAt <= now) return `usage limit, over since ${formatMoment(untilAt, now)}`;
  return `usage limit, until ${formatMoment(untilAt, now)}`;
}

export function lastCallWords(facts: TaskFacts): string[] {
  const call = facts.activity?.lastCall ?? null;
  return call === null ? [] : [`last: ${callWords(call, facts)} at ${formatMoment(call.endedAt, facts.now)}`];
}

export function callWords(
  call: { readonly tool: string; readonly target: string | null },
  facts: TaskFacts,
): string {
  const target = targetWithin(call, facts.task.status?.worktree ?? facts.current?.identity.worktree ?? null);
  return target === null ? call.tool : `${call.tool} ${target}`;
}

/** What it launched and still waits for, as far as it was told. */
export function launchedWords({ activity, now }: TaskFacts): string[] {
  const open = activity?.ended == null ? [] : activity.children.filter(({ endedAt }) => endedAt === null);
  return open.map(
    ({ title, id, startedAt }) => `waits for ${title ?? id} since ${formatMoment(startedAt, now)}`,
  );
}

/** Last words: a question needs somebody. */
export function askedOrSaid(answer: string | null): string[] {
  const question = answer === null ? null : questionIn(answer);
  return question === null ? quoted(answer) : [`asks: ${question}`];
}

export function inBrackets(text: string | null): string {
  return text === null || text === "" ? "" : ` (${text})`;
}

export function quoted(text: string | null): string[] {
  return text === null || text === "" ? [] : [`"${text}"`];
}

const targetShown = 80;
/** Calls that follow each other faster than this need no word about their pace. */
const paceShownMs = 30_000;

export function counted({ count, of, unit }: Pick<LoopCalls, "count" | "of" | "unit">): string {
  return of === null ? `${count} times in a row` : `${count} of the last ${of} ${unit}`;
}

export function placed(finding: LoopCalls, now: number, error: string | null): readonly string[] {
  const { tool, target, sinceAt, everyMs } = finding;
  const pace = everyMs === null || everyMs < paceShownMs ? "" : `, ${formatDuration(everyMs)} apart`;
  return [`${tool}${targetWords(target)}, since ${formatMoment(sinceAt, now)}${pace}${afterColon(error)}`];
}

/** A path has a place, a command is quoted. */
function targetWords(target: string | null): string {
  if (target === null) return "";
  const shown = shorten(target, targetShown);
  return /\s/.test(shown) ? ` "${shown}"` : ` in ${shown}`;
}

export function afterColon(error: string | null): string {
  return error === null || error === "" ? "" : `: "${error}"`;
}

export function noEvidenceMessage({ by, aheadMs }: { by: string | null; aheadMs: number | null }): string {
  if (by === null) return "nothing says how it is";
  return aheadMs === null
    ? `${by} does not say since when`
    : `${by} is dated ${formatDuration(aheadMs)} ahead of this clock`;
}

/** What there is beside a claim that stands alone, and why it does not speak. */
export function nothingElse({ task, now }: TaskFacts): string {
  const logAt = latest(task.streams.map(({ activity }) => activity.lastActivityAt));
  if (logAt !== null && logAt > now)
    return `its log is dated ${formatDuration(logAt - now)} ahead of this clock`;
  // Its files were not all looked through: what was not seen is not said to be absent.
  return task.streams.some(({ kind }) => kind === "files")
    ? "no log or transcript found"
    : "no log, transcript or file change found";
}
