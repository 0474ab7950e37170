import type { CallRecord } from "../evidence/activity.ts";
import { answerOf } from "../evidence/novelty.ts";
import { type Excuse, isEdit, type LoopRule, pollingExcuse, spanOf } from "./loop-rule.ts";

const window = 20;
/**
 * Stuck when 14 of the last 20 calls got an answer for the third time or more. Not in LOOPS.md: on its labelled runs it
 * finds 36 of 56 loops by itself, three of them found by nothing else, and calls one other run stuck, as R6 does; 13 calls
 * two more stuck, 15 loses a loop. No run that works hard gets beyond 5.
 */
const threshold = 14;
const warnAt = 11;
/** The first repeat is an ordinary look back. */
const heardAtLeast = 2;
/** Checks that pass again after every new edit say the same, too; on the labelled runs 0 to 3 lose no loop. */
const editsAllowed = 1;

/** R7: few answers over and over, whatever the agent asks, edits or tries; acknowledgements are no answers. */
export const oldAnswers: LoopRule = {
  id: "R7",
  measure({ calls }) {
    const recent = calls.slice(-window);
    const old = recent.filter((call) => call.timesHeard >= heardAtLeast);
    return {
      count: old.length,
      of: window,
      threshold,
      warnAt,
      excuse: pollingExcuse(recent) ?? editingExcuse(recent),
      calls: old,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    const answers = new Set(measure.calls.map(answerOf)).size;
    return span && { code: "old_answers", rule: "R7", ...span, answers };
  },
};

function editingExcuse(recent: readonly CallRecord[]): Excuse | null {
  const edits = recent.filter((call) => isEdit(call) && call.isNews).length;
  return edits <= editsAllowed
    ? null
    : { says: `${edits} of the last ${recent.length} calls are new edits`, allows: "struggling" };
}
