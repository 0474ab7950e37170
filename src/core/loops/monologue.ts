import type { LoopRule } from "./loop-rule.ts";

/** OpenHands calls 3 equal messages stuck; loosened to 5, 3 being the early warning. */
const messages = 5;
const messagesWarn = 3;
/** Condensing the context again and again without a call in between. */
const condensations = 10;
const condensationsWarn = 3;

/** M: the agent says the same over and over, or condenses its context over and over, and calls nothing. */
export const monologue: LoopRule = {
  id: "M",
  measure({ monologue: { count, condensed } }) {
    const isTalk = count / messages >= condensed / condensations;
    return {
      count: isTalk ? count : condensed,
      of: null,
      unit: "calls",
      threshold: isTalk ? messages : condensations,
      warnAt: isTalk ? messagesWarn : condensationsWarn,
      excuse: null,
      calls: [],
    };
  },
  find({ count, threshold }, level, { monologue: { startedAt } }) {
    const of = threshold === messages ? "messages" : "condensations";
    return { code: "monologue", rule: "M", level, of, count, sinceAt: startedAt };
  },
};
