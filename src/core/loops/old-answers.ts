import { answerOf } from "../evidence/novelty.ts";
import { type Excuse, type LoopRule, lastOf, pollingExcuse, spanOf } from "./loop-rule.ts";
import { callsOf, isEdit, type Step } from "./steps.ts";

const window = 20;
/**
 * Stuck when 14 of the last 20 steps got an answer for the third time or more: of the labelled loops it finds 36 of 56 by
 * itself, and calls one other run stuck, as R6 does; 13 calls two more stuck, 15 loses a loop. No run that works hard gets
 * beyond 5.
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
  measure({ steps }) {
    const { recent, ...counted } = lastOf(steps, window);
    const old = recent.filter(({ calls }) => calls.every(({ timesHeard }) => timesHeard >= heardAtLeast));
    return {
      ...counted,
      count: old.length,
      threshold,
      warnAt,
      excuse: pollingExcuse(recent) ?? editingExcuse(recent),
      calls: callsOf(old),
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    const answers = new Set(measure.calls.map(answerOf)).size;
    return span && { code: "old_answers", rule: "R7", ...span, answers };
  },
};

function editingExcuse(recent: readonly Step[]): Excuse | null {
  const edits = recent.filter(({ calls }) => calls.some((call) => isEdit(call) && call.isNovel)).length;
  return edits <= editsAllowed
    ? null
    : { says: `${edits} of the last ${recent.length} are new edits`, allows: "struggling" };
}
