import type { CallRecord } from "../activity.ts";
import { type LoopRule, largestGroup, type Measure, spanOf } from "./loop-rule.ts";

const window = 12;
/**
 * Stuck from 8 of the last 12 on: worth more loops than any other rule; 6 calls one run more stuck that is not, 9 loses 2
 * loops, 10 loses 3 (LOOPS.md, R3).
 */
const threshold = 8;
const warnAt = 5;
/** More of them with something new in them, and the agent is getting on (LOOPS.md, R3). */
const newsAllowed = 2;

/** R3: the same error, whatever was called. */
export const sameError: LoopRule = {
  id: "R3",
  measure({ calls }) {
    return measureGroup(
      largestGroup(calls.slice(-window), (call) => call.errorHash),
      { of: window, threshold, warnAt, newsAllowed },
      calls.slice(-window),
    );
  },
  find(measure, level, activity) {
    const span = spanOf(measure, level);
    return span && { code: "same_error", rule: "R3", ...span, error: activity.lastError?.message ?? null };
  },
};

const longWindow = 24;
/** For slow grinders that read in between; 8 of 24 calls 2 runs more stuck that are not (LOOPS.md, R3b). */
const longThreshold = 12;
const longNewsAllowed = 6;
/** Shorter outcomes of an edit are acknowledgements (LOOPS.md, R4m). */
const longOutcome = 200;

/** R3b: the same error of one tool, or the same long outcome of an edit, in a long window. */
export const sameErrorForLong: LoopRule = {
  id: "R3b",
  measure({ calls }) {
    return measureGroup(largestGroup(calls.slice(-longWindow), outcomeKey), {
      of: longWindow,
      threshold: longThreshold,
      warnAt: null,
      newsAllowed: longNewsAllowed,
    }, calls.slice(-longWindow));
  },
  find(measure, level, activity) {
    const span = spanOf(measure, level);
    const failed = measure.calls.at(-1)?.errorHash != null;
    if (span === null) return null;
    return failed
      ? { code: "same_error", rule: "R3b", ...span, error: activity.lastError?.message ?? null }
      : { code: "same_answer", rule: "R3b", ...span };
  },
};

function outcomeKey(call: CallRecord): string | null {
  if (call.errorHash !== null) return `error ${call.tool} ${call.errorHash}`;
  const isLong = call.kind === "mut" && (call.resultLength ?? 0) >= longOutcome;
  return isLong && call.resultHash !== null ? `result ${call.tool} ${call.resultHash}` : null;
}

type Numbers = Pick<Measure, "of" | "threshold" | "warnAt"> & { readonly newsAllowed: number };

function measureGroup(group: readonly CallRecord[], { newsAllowed: allowed, ...numbers }: Numbers, win: readonly CallRecord[]): Measure {
  const news = win.filter((call) => call.isNews).length;
  const waits = group.some((call) => call.kind === "wait");
  const excuse = waits
    ? "a call that waits is part of it"
    : news > allowed
      ? `${news} of them brought something new`
      : null;
  return { ...numbers, count: group.length, excuse, calls: group };
}
