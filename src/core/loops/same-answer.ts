import type { CallRecord } from "../evidence/activity.ts";
import { type LoopRule, largestGroup, type Measure, spanOf, waitExcuse } from "./loop-rule.ts";

const window = 12;
/** Stuck from 10 of the last 12 on; 8 calls one run more stuck that is not, 6 calls 8 more (LOOPS.md, R4). */
const threshold = 10;
const warnAt = 6;
/**
 * Nothing found is a common answer on the way to something: it takes all of them (LOOPS.md, R4). A short answer that
 * several searches share says so in some words; LOOPS.md means empty ones only, and calls a run more stuck that is not.
 */
const thresholdNothingFound = 12;
const nothingFoundBelow = 200;
const questionsAtLeast = 4;
/** Batch work gets equal short acknowledgements; those never count (LOOPS.md, R4). */
const telling = 60;

/** R4: the same answer to different questions. */
export const sameAnswer: LoopRule = {
  id: "R4",
  measure({ calls }) {
    const group = largestGroup(calls.slice(-window), answerKey);
    const questions = new Set(group.map((call) => `${call.tool} ${call.argsHash}`)).size;
    const isNothingFound = group.every(
      (call) => call.isSearch && (call.resultLength ?? 0) < nothingFoundBelow,
    );
    return {
      count: group.length,
      of: window,
      threshold: isNothingFound ? thresholdNothingFound : threshold,
      warnAt,
      excuse:
        waitExcuse(group) ??
        (questions < questionsAtLeast
          ? { says: `only ${questions} different questions`, allows: null }
          : null),
      calls: group,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "same_answer", rule: "R4", ...span };
  },
};

/** The shortest outcome of an edit that tells something: test-on-write tools give such (LOOPS.md, R4m). */
const longOutcome = 200;
const editWarnAt = 5;

/** R4m: the same long outcome of an edit tool, whatever was edited. */
export const sameEditOutcome: LoopRule = {
  id: "R4m",
  measure({ calls }): Measure {
    const group = largestGroup(calls.slice(-window), (call) =>
      call.kind === "mut" && (call.resultLength ?? 0) >= longOutcome && call.resultHash !== null
        ? `${call.tool} ${call.resultHash}`
        : null,
    );
    return { count: group.length, of: window, threshold, warnAt: editWarnAt, excuse: null, calls: group };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "same_answer", rule: "R4m", ...span };
  },
};

/** What an edit that succeeded says is no answer to a question: R4m looks at that. */
function answerKey(call: CallRecord): string | null {
  if (call.kind === "mut" && call.outcome !== "failed") return null;
  if (call.isSearch) return call.answerHash === null ? null : `answer ${call.answerHash}`;
  return (call.resultLength ?? 0) >= telling && call.resultHash !== null ? `result ${call.resultHash}` : null;
}
