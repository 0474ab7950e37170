import type { CallRecord } from "../evidence/activity.ts";
import { hasOutcome, isSameCall, isSameOutcome, type LoopRule, spanOf } from "./loop-rule.ts";

/**
 * Stuck from the fifth on: runs that are no loops hold up to 4 equal calls with equal results; 4 would call 4 more of
 * them stuck, 8 would lose a loop (LOOPS.md, R1).
 */
const threshold = 5;
const warnAt = 3;
/** Without the results equal calls may well have new answers (LOOPS.md, R1). */
const thresholdUnknown = 20;
/** A log that never holds results: measured at precision 0.95 (LOOPS.md, "If a record has no result digest"). */
const thresholdWithoutResults = 7;
/** Plans are written down again and again by habit (LOOPS.md, R1: "plan 10"). */
const thresholdPlans = 10;
const warnPlans = 5;
/** Paging asks the same and gets the next page (LOOPS.md, "If a record has no result digest"). */
const thresholdPaging = 12;
export const pagingTool = /scroll|next|page|more/i;

/** R1: the same call with the same result (or the same error) in a row. */
export const repeatedCall: LoopRule = {
  id: "R1",
  measure({ calls, planRun }) {
    if (planRun !== null && planRun.count >= warnPlans) {
      return {
        ...nothing,
        count: planRun.count,
        threshold: thresholdPlans,
        warnAt: warnPlans,
        calls: [planRun.call],
      };
    }
    const last = calls.at(-1);
    if (last === undefined || last.kind === "wait") return { ...nothing, calls: [] };
    const isKnown = last.resultHash !== null || last.errorHash !== null;
    const first = calls.findLastIndex(
      (call) => !isSameCall(call, last) || (isKnown ? !isSameOutcome(call, last) : hasOutcome(call)),
    );
    const run = calls.slice(first + 1);
    return {
      ...nothing,
      count: run.length,
      threshold: isKnown ? threshold : calls.some(hasOutcome) ? thresholdUnknown : withoutResults(last),
      warnAt: isKnown ? warnAt : null,
      calls: run,
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

const nothing = { count: 0, of: null, threshold, warnAt, excuse: null };

function withoutResults(call: CallRecord): number {
  return pagingTool.test(call.tool) ? thresholdPaging : thresholdWithoutResults;
}
