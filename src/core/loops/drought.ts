import { type LoopRule, pollingExcuse, spanOf } from "./loop-rule.ts";

const window = 20;
/** Stuck when at most 2 of the last 20 calls brought something new; 3 calls 5 runs more stuck that are not (LOOPS.md, R6). */
const threshold = 18;
const warnAt = 15;

/** R6: almost nothing new in the last 20 calls. */
export const drought: LoopRule = {
  id: "R6",
  measure({ calls }) {
    const recent = calls.slice(-window);
    const stale = recent.filter((call) => !call.isNews);
    return {
      count: stale.length,
      of: window,
      threshold,
      warnAt,
      excuse: pollingExcuse(recent),
      calls: stale,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "no_news", rule: "R6", ...span };
  },
};
