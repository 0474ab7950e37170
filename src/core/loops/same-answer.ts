import type { CallRecord } from "../evidence/activity.ts";
import { isDone } from "../evidence/novelty.ts";
import { type Excuse, type LoopRule, largestGroup, lastOf, type Measure, spanOf } from "./loop-rule.ts";
import { isEdit, type Step } from "./steps.ts";

const window = 12;
/** Stuck from 10 of the last 12 on; 8 calls one run more stuck that is not, 6 calls 8 more. */
const threshold = 10;
const warnAt = 6;
/**
 * Nothing found is a common answer on the way to something: it takes all of them. A short answer that several searches
 * share says so in some words.
 */
const thresholdNothingFound = 12;
const nothingFoundBelow = 200;
const questionsAtLeast = 4;
/** Batch work gets equal short acknowledgements; those never count. */
const telling = 60;

/** R4: the same answer to different questions. */
export const sameAnswer: LoopRule = {
  id: "R4",
  measure({ steps }) {
    const { recent, ...counted } = lastOf(steps, window);
    const { calls, count } = largestGroup(recent, answerKey);
    const questions = new Set(calls.map((call) => `${call.tool} ${call.argsHash}`)).size;
    const isNothingFound = calls.every(
      (call) => call.isSearch && (call.resultLength ?? 0) < nothingFoundBelow,
    );
    const few: Excuse = { says: `only ${questions} different questions`, allows: null };
    return {
      ...counted,
      count,
      threshold: isNothingFound ? thresholdNothingFound : threshold,
      warnAt,
      excuse: questions < questionsAtLeast ? few : isNothingFound ? goneExcuse(steps, count) : null,
      calls,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "same_answer", rule: "R4", ...span };
  },
};

/**
 * The excuse of searches that find nothing after something was edited: that it is gone is what they want to hear, the more so when
 * each has an edit of its own.
 */
function goneExcuse(steps: readonly Step[], searches: number): Excuse | null {
  const edits = steps.filter(({ calls }) => calls.some((call) => isEdit(call) && call.isNovel)).length;
  const says = `nothing is found after ${edits} new edits`;
  return edits === 0 ? null : { says, allows: edits < searches ? "struggling" : null };
}

/** The shortest outcome of an edit that tells something: test-on-write tools give such. */
const longOutcome = 200;
const editWarnAt = 5;

/** R4m: the same long outcome of an edit tool, whatever was edited. */
export const sameEditOutcome: LoopRule = {
  id: "R4m",
  measure({ steps }): Measure {
    const { recent, ...counted } = lastOf(steps, window);
    const { calls, count } = largestGroup(recent, (call) =>
      call.kind === "mut" && (call.resultLength ?? 0) >= longOutcome && call.resultHash !== null
        ? `${call.tool} ${call.resultHash}`
        : null,
    );
    return { ...counted, count, threshold, warnAt: editWarnAt, excuse: null, calls };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "same_answer", rule: "R4m", ...span };
  },
};

/** What an edit that succeeded says is no answer to a question, nor is the success of a command. */
function answerKey(call: CallRecord): string | null {
  if (call.kind === "wait" || isEdit(call) || isDone(call)) return null;
  if (call.isSearch) return call.answerHash === null ? null : `answer ${call.answerHash}`;
  return (call.resultLength ?? 0) >= telling && call.resultHash !== null ? `result ${call.resultHash}` : null;
}
