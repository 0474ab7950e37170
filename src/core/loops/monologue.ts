import type { LoopRule } from "./loop-rule.ts";

/** OpenHands calls 3 equal messages stuck; loosened to 5, 3 being the early warning (LOOPS.md, M). */
const messages = 5;
const messagesWarn = 3;
/** Condensing the context again and again without a call in between (LOOPS.md, M). */
const condensations = 10;
const condensationsWarn = 3;

/** A Stop hook that sends it back, whatever it answers: it does not do what the hook asks for. */
const returns = 8;
const returnsWarn = 4;

/** M: the agent talks, condenses its context or is sent back by a hook over and over, and calls nothing. */
export const monologue: LoopRule = {
  id: "M",
  measure({ monologue: { count, condensed, sentBack } }) {
    const measured = [
      { count, threshold: messages, warnAt: messagesWarn },
      { count: condensed, threshold: condensations, warnAt: condensationsWarn },
      { count: sentBack, threshold: returns, warnAt: returnsWarn },
    ] as const;
    const most = measured.reduce((a, b) => (b.count / b.threshold > a.count / a.threshold ? b : a));
    return { ...most, of: null, excuse: null, calls: [] };
  },
  find({ count, threshold }, level, { monologue: { startedAt } }) {
    const of = threshold === messages ? "messages" : threshold === returns ? "returns" : "condensations";
    return { code: "monologue", rule: "M", level, of, count, sinceAt: startedAt };
  },
};
