import { type LoopRule, spanOf, unitOf } from "./loop-rule.ts";
import { callsOf, isFailed } from "./steps.ts";

/** Stuck from ten failed steps in a row on; 9 call runs stuck that probe what there is. */
const threshold = 10;
/** Whoever meets another error each time is on a way, even a stony one. */
const novelAllowed = 5;

/** R8: nothing but failures, however they are worded. Three in a row are the owner's rule; this is where it ends. */
export const onlyFailures: LoopRule = {
  id: "R8",
  measure({ steps }) {
    const told = steps.filter(({ calls }) => calls.some(({ outcome }) => outcome !== "neutral"));
    const run = told.slice(told.findLastIndex((step) => !isFailed(step)) + 1);
    const novel = run.filter(({ isNovel }) => isNovel).length;
    return {
      count: run.length,
      of: null,
      unit: unitOf(run),
      threshold,
      warnAt: null,
      excuse:
        novel > novelAllowed ? { says: `${novel} of them brought a new error`, allows: "struggling" } : null,
      calls: callsOf(run),
    };
  },
  find(measure, level, { lastError }) {
    const span = spanOf(measure, level);
    return span && { code: "only_failures", rule: "R8", ...span, error: lastError?.message ?? null };
  },
};
