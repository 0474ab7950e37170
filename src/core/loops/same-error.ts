import type { CallRecord } from "../evidence/activity.ts";
import { type Excuse, type LoopRule, largestGroup, spanOf, waitExcuse } from "./loop-rule.ts";

const window = 12;
/**
 * Stuck from 8 of the last 12 on: LOOPS.md measures 6 to call one run more stuck that is not, 9 to lose 2 loops, 10 to lose
 * 3 (R3).
 */
const threshold = 8;
const warnAt = 5;
/**
 * How much of the window may be new: the first time of the error, and nothing else. LOOPS.md allows 2; that calls a run
 * stuck that still starts new attempts in between, and finds no loop more.
 */
const newsAllowed = 1;

/** R3: the same error, whatever was called. */
export const sameError: LoopRule = {
  id: "R3",
  measure({ calls }) {
    const recent = calls.slice(-window);
    const group = largestGroup(recent, (call) => call.errorHash);
    return {
      count: group.length,
      of: window,
      threshold,
      warnAt,
      excuse: excuseOf(recent, group, newsAllowed),
      calls: group,
    };
  },
  find(measure, level, activity) {
    const span = spanOf(measure, level);
    return span && { code: "same_error", rule: "R3", ...span, error: activity.lastError?.message ?? null };
  },
};

const longWindow = 24;
/** For slow grinders that read in between; 8 calls 2 runs more stuck that are not (LOOPS.md, R3b). */
const longThreshold = 12;
const longNewsAllowed = 6;
/** Shorter outcomes of an edit are acknowledgements (LOOPS.md, R4m). */
const longOutcome = 200;

/** R3b: the same error of one tool, or the same long outcome of an edit, in a long window. */
export const sameErrorForLong: LoopRule = {
  id: "R3b",
  measure({ calls }) {
    const recent = calls.slice(-longWindow);
    const group = largestGroup(recent, outcomeKey);
    return {
      count: group.length,
      of: longWindow,
      threshold: longThreshold,
      warnAt: null,
      excuse: excuseOf(recent, group, longNewsAllowed),
      calls: group,
    };
  },
  find(measure, level, activity) {
    const span = spanOf(measure, level);
    if (span === null) return null;
    if (measure.calls.at(-1)?.errorHash == null) return { code: "same_answer", rule: "R3b", ...span };
    return { code: "same_error", rule: "R3b", ...span, error: activity.lastError?.message ?? null };
  },
};

function outcomeKey(call: CallRecord): string | null {
  if (call.errorHash !== null) return `error ${call.tool} ${call.errorHash}`;
  const isLong = call.kind === "mut" && (call.resultLength ?? 0) >= longOutcome;
  return isLong && call.resultHash !== null ? `result ${call.tool} ${call.resultHash}` : null;
}

function excuseOf(
  recent: readonly CallRecord[],
  group: readonly CallRecord[],
  newsAllowed: number,
): Excuse | null {
  const news = recent.filter((call) => call.isNews).length;
  const says = `${news} of the last ${recent.length} calls brought something new`;
  return waitExcuse(group) ?? (news > newsAllowed ? { says, allows: "struggling" } : null);
}
