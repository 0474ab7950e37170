import { type LoopRule, spanOf } from "./loop-rule.ts";

const window = 20;
/** Stuck when at most 2 of the last 20 calls brought something new; 3 calls 5 runs more stuck that are not (LOOPS.md, R6). */
const threshold = 18;
const warnAt = 15;
/** With more waiting than this among them the agent polls. */
const waitsAllowed = 1;

/** R6: almost nothing new in the last 20 calls. */
export const drought: LoopRule = {
  id: "R6",
  measure({ calls }) {
    const recent = calls.slice(-window);
    const stale = recent.filter((call) => !call.isNews);
    const waits = recent.filter((call) => call.kind === "wait").length;
    return {
      count: stale.length,
      of: window,
      threshold,
      warnAt,
      excuse: waits > waitsAllowed ? `${waits} of the last ${window} calls wait` : null,
      calls: stale,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "no_news", rule: "R6", ...span };
  },
};
