import { type LoopRule, spanOf, unitOf } from "./loop-rule.ts";
import { callsOf, hasOutcome, isSameEnd, isSameStep, isWaiting, type Step } from "./steps.ts";

/** Stuck from the fifth on: runs that are no loops hold up to 4 equal calls with equal results; 8 would lose a loop. */
const threshold = 5;
const warnAt = 3;
/** Without the results equal calls may well have new answers. */
const thresholdUnknown = 20;
/** A log that never holds results: nothing else can tell. 7 misses loops that users reported, 5 is a habit of polls. */
const thresholdWithoutResults = 6;
/** Plans are written down again and again by habit. */
const thresholdPlans = 10;
const warnPlans = 5;
/** Paging asks the same and gets the next page. */
const thresholdPaging = 12;

/** R1: the same step with the same result (or the same error) in a row. */
export const repeatedCall: LoopRule = {
  id: "R1",
  measure({ steps, planRun }) {
    if (planRun !== null && planRun.count >= warnPlans) {
      return {
        ...nothing,
        count: planRun.count,
        threshold: thresholdPlans,
        warnAt: warnPlans,
        calls: [planRun.call],
      };
    }
    const last = steps.at(-1);
    if (last === undefined || isWaiting(last)) return { ...nothing, calls: [] };
    const isKnown = isKnownEnd(last);
    const first = steps.findLastIndex(
      (step) => !isSameStep(step, last) || (isKnown ? !isSameEnd(step, last) : step.calls.some(hasOutcome)),
    );
    const run = steps.slice(first + 1);
    return {
      ...nothing,
      count: run.length,
      unit: unitOf(run),
      threshold: isKnown
        ? threshold
        : steps.some(({ calls }) => calls.some(hasOutcome))
          ? thresholdUnknown
          : withoutResults(last),
      warnAt: isKnown ? warnAt : null,
      calls: callsOf(run),
    };
  },
  find(measure, level, { lastError, planRun }) {
    const span = spanOf(measure, level);
    if (span === null) return null;
    const last = measure.calls.at(-1);
    const sinceAt = last?.kind === "plan" ? (planRun?.startedAt ?? span.sinceAt) : span.sinceAt;
    const error = last?.outcome === "failed" ? (lastError?.message ?? null) : null;
    return { code: "repeated_call", rule: "R1", ...span, sinceAt, error };
  },
};

const nothing = { count: 0, of: null, unit: "calls", threshold, warnAt, excuse: null } as const;

function isKnownEnd({ calls }: Step): boolean {
  return calls.every(hasOutcome);
}

function withoutResults({ calls }: Step): number {
  return calls.some(({ trait }) => trait === "pages") ? thresholdPaging : thresholdWithoutResults;
}
