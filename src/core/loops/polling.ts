import { type LoopRule, spanOf } from "./loop-rule.ts";

/** From 20 equal polls on the row says so. */
const warnAt = 20;
/** Polling never is stuck by itself, but after an hour without news somebody should look. */
const strugglingAfterMs = 60 * 60_000;
/** Two long waits are no polling yet, however long they took. */
const pollsAtLeast = 3;

/** W: waiting for something and getting the same answer; healthy, with a word, and struggling after an hour. */
export const polling: LoopRule = {
  id: "W",
  measure({ calls, polling }, { now }) {
    const isLong = polling.startedAt !== null && now - polling.startedAt >= strugglingAfterMs;
    return {
      count: polling.count,
      of: null,
      unit: "calls",
      threshold: null,
      warnAt: isLong ? pollsAtLeast : warnAt,
      excuse: null,
      calls: calls.filter((call) => call.kind === "wait").slice(-polling.count || calls.length),
    };
  },
  find(measure, _level, { polling }, { now }) {
    const sinceAt = polling.startedAt ?? now;
    const span = spanOf(measure, now - sinceAt >= strugglingAfterMs ? "struggling" : "healthy");
    return span && { code: "polling", rule: "W", ...span, sinceAt };
  },
};
