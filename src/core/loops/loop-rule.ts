import type { Activity, CallRecord } from "../evidence/activity.ts";
import type { LoopCalls, LoopFinding, LoopLevel, LoopRuleId } from "./finding.ts";

/** What a rule may know besides the activity. */
export type LoopOptions = {
  /** Epoch milliseconds. */
  readonly now: number;
};

/** What a rule counted, and from which number on it speaks. */
export type Measure = {
  readonly count: number;
  /** The window the count was taken in; null when it is a run. */
  readonly of: number | null;
  /** From here on stuck; null when the rule never calls stuck by itself. */
  readonly threshold: number | null;
  /** From here on struggling (polling: worth a word); null when there is no early warning. */
  readonly warnAt: number | null;
  readonly excuse: Excuse | null;
  /** The calls counted, oldest first. */
  readonly calls: readonly CallRecord[];
};

/** A rule's measure with its name. */
export type RuleMeasure = Measure & { readonly rule: LoopRuleId };

/** Why a count that is high enough does not mean stuck; `allows` is the worst it may still mean. */
export type Excuse = { readonly says: string; readonly allows: "struggling" | null };

/** One rule on the folded activity. `find` is asked only when the measured count reaches a level. */
export type LoopRule = {
  readonly id: LoopRuleId;
  measure(activity: Activity, options: LoopOptions): Measure;
  find(measure: Measure, level: LoopLevel, activity: Activity, options: LoopOptions): LoopFinding | null;
};

/** Whether a call changed something, as far as it says. */
export function isEdit({ kind, outcome }: CallRecord): boolean {
  return kind === "mut" && outcome === "ok";
}

/** Two calls of one tool with the same arguments; unknown arguments are neither equal nor different. */
export function isSameCall(a: CallRecord, b: CallRecord): boolean {
  return a.tool === b.tool && a.argsHash !== null && a.argsHash === b.argsHash;
}

/** Two calls that came out the same: the same result, or the same error. */
export function isSameOutcome(a: CallRecord, b: CallRecord): boolean {
  return (
    (a.resultHash !== null && a.resultHash === b.resultHash) ||
    (a.errorHash !== null && a.errorHash === b.errorHash)
  );
}

/** Whether it is known how a call came out. */
export function hasOutcome(call: CallRecord): boolean {
  return call.resultHash !== null || call.errorHash !== null;
}

/** One wait among them is a pause; an agent that waits more often polls (LOOPS.md, W). */
const waitsAllowed = 1;

/** The excuse of a window in which the agent waits for something; null when it does not. */
export function pollingExcuse(recent: readonly CallRecord[]): Excuse | null {
  const waits = recent.filter((call) => call.kind === "wait").length;
  return waits > waitsAllowed
    ? { says: `${waits} of the last ${recent.length} calls wait`, allows: null }
    : null;
}

/** The excuse of calls of which one waits for something; null when none does. */
export function waitExcuse(calls: readonly CallRecord[]): Excuse | null {
  return calls.some((call) => call.kind === "wait")
    ? { says: "a call that waits is part of it", allows: null }
    : null;
}

/** What the counted calls have in common, for the finding; null when there are none. */
export function spanOf(measure: Measure, level: LoopLevel): LoopCalls | null {
  const [first] = measure.calls;
  const last = measure.calls.at(-1);
  if (first === undefined || last === undefined) return null;
  const pauses = measure.calls.length - 1;
  return {
    level,
    count: measure.count,
    of: measure.of,
    tool: last.tool,
    target: last.target,
    sinceAt: first.startedAt,
    everyMs: pauses > 0 ? Math.max(0, Math.round((last.endedAt - first.endedAt) / pauses)) : null,
    fromLine: first.line,
    toLine: last.line,
  };
}

/** The most frequent key among the calls, with its calls in order; null keys are nobody's. The latest wins a tie. */
export function largestGroup(
  calls: readonly CallRecord[],
  keyOf: (call: CallRecord) => string | null,
): readonly CallRecord[] {
  let largest: readonly CallRecord[] = [];
  for (const group of Map.groupBy(calls, keyOf).entries()) {
    if (group[0] !== null && group[1].length >= largest.length) largest = group[1];
  }
  return largest;
}
