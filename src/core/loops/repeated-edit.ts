import { type LoopRule, spanOf, unitOf } from "./loop-rule.ts";
import { callsOf, isSameStep } from "./steps.ts";

/**
 * Stuck from the sixth on: the file grows with every edit, so its answer is always new and no other rule sees it; 4
 * would call 4 more runs stuck that are not.
 */
const threshold = 6;

/** R1m: the same edit in a row, whatever the result. */
export const repeatedEdit: LoopRule = {
  id: "R1m",
  measure({ steps }) {
    const last = steps.at(-1);
    const isEditing = last?.calls.every(({ kind }) => kind === "mut") === true;
    const run = isEditing ? steps.slice(steps.findLastIndex((step) => !isSameStep(step, last)) + 1) : [];
    return {
      count: run.length,
      of: null,
      unit: unitOf(run),
      threshold,
      warnAt: null,
      excuse: null,
      calls: callsOf(run),
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "repeated_edit", rule: "R1m", ...span };
  },
};
