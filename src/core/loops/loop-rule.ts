import type { CallRecord } from "../evidence/activity.ts";
import type { LoopCalls, LoopFinding, LoopLevel, LoopRuleId } from "./finding.ts";
import { isWaiting, type Step, type Work } from "./steps.ts";

/** What a rule may know besides the activity. */
export type LoopOptions = {
  /** Epoch milliseconds. */
  readonly now: number;
};

/** What a rule counted, and from which number on it speaks. Counts are steps. */
export type Measure = {
  readonly count: number;
  /** How many steps the count was taken from, as many as there are at most; null when it is a run. */
  readonly of: number | null;
  /** What people call them: a step of one call is a call. */
  readonly unit: "calls" | "steps";
  /** From here on stuck; null when the rule never calls stuck by itself. */
  readonly threshold: number | null;
  /** From here on struggling (polling: worth a word); null when there is no early warning. */
  readonly warnAt: number | null;
  readonly excuse: Excuse | null;
  /** The calls that speak for the count, oldest first. */
  readonly calls: readonly CallRecord[];
};

/** A rule's measure with its name. */
export type RuleMeasure = Measure & { readonly rule: LoopRuleId };

/** Why a count that is high enough does not mean stuck; `allows` is the worst it may still mean. */
export type Excuse = { readonly says: string; readonly allows: "struggling" | null };

/** One rule. `find` is asked only when the measured count reaches a level. */
export type LoopRule = {
  readonly id: LoopRuleId;
  measure(work: Work, options: LoopOptions): Measure;
  find(measure: Measure, level: LoopLevel, work: Work, options: LoopOptions): LoopFinding | null;
};

/** One wait among them is a pause; an agent that waits more often polls. */
const waitsAllowed = 1;

/** The excuse of a window in which the agent waits for something; null when it does not. */
export function pollingExcuse(recent: readonly Step[]): Excuse | null {
  const waits = recent.filter(isWaiting).length;
  return waits > waitsAllowed
    ? { says: `${waits} of the last ${recent.length} ${unitOf(recent)} wait`, allows: null }
    : null;
}

/** The excuse of steps of which one waits for something; null when none does. */
export function waitExcuse(steps: readonly Step[]): Excuse | null {
  return steps.some(isWaiting) ? { says: "a call that waits is part of it", allows: null } : null;
}

/** What to call some steps. */
export function unitOf(steps: readonly Step[]): Measure["unit"] {
  return steps.every(({ calls }) => calls.length === 1) ? "calls" : "steps";
}

/** The last steps, at most `window`. */
export function lastOf(
  steps: readonly Step[],
  window: number,
): Pick<Measure, "of" | "unit"> & { readonly recent: readonly Step[] } {
  const recent = steps.slice(-window);
  return { recent, of: recent.length, unit: unitOf(recent) };
}

/** Calls that have something in common, and in how many steps they stand. */
export type Group = { readonly calls: readonly CallRecord[]; readonly count: number };

/** The key that most steps have a call of; null keys are nobody's. The latest wins a tie. */
export function largestGroup(steps: readonly Step[], keyOf: (call: CallRecord) => string | null): Group {
  let largest: Group = { calls: [], count: 0 };
  const all = steps.flatMap(({ calls }) => calls);
  for (const [key, calls] of Map.groupBy(all, keyOf)) {
    const count = new Set(calls.map(({ step }) => step)).size;
    if (key !== null && count >= largest.count) largest = { calls, count };
  }
  return largest;
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
    unit: measure.unit,
    tool: last.tool,
    target: last.target,
    sinceAt: first.startedAt,
    everyMs: pauses > 0 ? Math.max(0, Math.round((last.endedAt - first.endedAt) / pauses)) : null,
    fromLine: first.line,
    toLine: last.line,
  };
}
