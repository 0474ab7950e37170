import { type LoopRule, lastOf, pollingExcuse, spanOf } from "./loop-rule.ts";
import { callsOf } from "./steps.ts";

const window = 20;
/** Stuck when at most 2 of the last 20 steps brought something new; 3 calls 5 runs more stuck that are not. */
const threshold = 18;
const warnAt = 15;

/** R6: almost nothing new in the last 20 steps. */
export const drought: LoopRule = {
  id: "R6",
  measure({ steps }) {
    const { recent, ...counted } = lastOf(steps, window);
    const stale = recent.filter((step) => !step.isNovel);
    return {
      ...counted,
      count: stale.length,
      threshold,
      warnAt,
      excuse: pollingExcuse(recent),
      calls: callsOf(stale),
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "no_news", rule: "R6", ...span };
  },
};
