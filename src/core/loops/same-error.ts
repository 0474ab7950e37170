import type { CallRecord } from "../evidence/activity.ts";
import { type Excuse, type LoopRule, largestGroup, lastOf, spanOf, unitOf } from "./loop-rule.ts";
import type { Step } from "./steps.ts";

const window = 12;
/** Stuck from 8 of the last 12 on: 6 calls one run more stuck that is not, 9 loses 2 loops, 10 loses 3. */
const threshold = 8;
const warnAt = 5;
/**
 * How much of the window may be new: the first time of the error, and nothing else. 2 call a run stuck that still starts new
 * attempts in between, and find no loop more.
 */
const novelAllowed = 1;

/** R3: the same error, whatever was called. */
export const sameError: LoopRule = {
  id: "R3",
  measure({ steps }) {
    const { recent, ...counted } = lastOf(steps, window);
    const { calls, count } = largestGroup(recent, (call) => (call.kind === "wait" ? null : call.errorHash));
    return { ...counted, count, threshold, warnAt, excuse: excuseOf(recent, novelAllowed), calls };
  },
  find(measure, level, { lastError }) {
    const span = spanOf(measure, level);
    return span && { code: "same_error", rule: "R3", ...span, error: lastError?.message ?? null };
  },
};

const longWindow = 24;
/** For slow grinders that read in between; 8 calls 2 runs more stuck that are not. */
const longThreshold = 12;
const longNovelAllowed = 6;
/** Shorter outcomes of an edit are acknowledgements. */
const longOutcome = 200;

/** R3b: the same error of one tool, or the same long outcome of an edit, in a long window. */
export const sameErrorForLong: LoopRule = {
  id: "R3b",
  measure({ steps }) {
    const { recent, ...counted } = lastOf(steps, longWindow);
    const { calls, count } = largestGroup(recent, outcomeKey);
    return {
      ...counted,
      count,
      threshold: longThreshold,
      warnAt: null,
      excuse: excuseOf(recent, longNovelAllowed),
      calls,
    };
  },
  find(measure, level, { lastError }) {
    const span = spanOf(measure, level);
    if (span === null) return null;
    if (measure.calls.at(-1)?.errorHash == null) return { code: "same_answer", rule: "R3b", ...span };
    return { code: "same_error", rule: "R3b", ...span, error: lastError?.message ?? null };
  },
};

function outcomeKey(call: CallRecord): string | null {
  if (call.kind === "wait") return null;
  if (call.errorHash !== null) return `error ${call.tool} ${call.errorHash}`;
  const isLong = call.kind === "mut" && (call.resultLength ?? 0) >= longOutcome;
  return isLong && call.resultHash !== null ? `result ${call.tool} ${call.resultHash}` : null;
}

function excuseOf(recent: readonly Step[], novelAllowed: number): Excuse | null {
  const novel = recent.filter((step) => step.isNovel).length;
  const says = `${novel} of the last ${recent.length} ${unitOf(recent)} brought something new`;
  return novel > novelAllowed ? { says, allows: "struggling" } : null;
}
