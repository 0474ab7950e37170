import { isSameCall, type LoopRule, spanOf } from "./loop-rule.ts";

/**
 * Stuck from the sixth on: the file grows with every edit, so its answer is always new and no other rule sees it; 4
 * would call 4 more runs stuck that are not (LOOPS.md, R1m).
 */
const threshold = 6;

/** R1m: the same edit in a row, whatever the result. */
export const repeatedEdit: LoopRule = {
  id: "R1m",
  measure({ calls }) {
    const last = calls.at(-1);
    const isEditing = last?.kind === "mut";
    const run = isEditing ? calls.slice(calls.findLastIndex((call) => !isSameCall(call, last)) + 1) : [];
    return { count: run.length, of: null, threshold, warnAt: null, excuse: null, calls: run };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "repeated_edit", rule: "R1m", ...span };
  },
};
