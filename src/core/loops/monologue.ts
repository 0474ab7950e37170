import type { Monologue } from "../evidence/activity.ts";
import type { LoopRule } from "./loop-rule.ts";

/** OpenHands calls 3 equal messages stuck; loosened to 5, 3 being the early warning. */
const messages = 5;
const messagesWarn = 3;
/** Condensing the context again and again without a call in between. */
const condensations = 10;
const condensationsWarn = 3;

/** An answer with nothing in it is asked for again at once: a provider in trouble gives a few, after ten nothing will come. */
const nothings = 10;
const nothingsWarn = 5;

/** A Stop hook that sends it back, whatever it answers: it does not do what the hook asks for. */
const returns = 8;
const returnsWarn = 4;

const kinds = {
  messages: { threshold: messages, warnAt: messagesWarn },
  condensations: { threshold: condensations, warnAt: condensationsWarn },
  returns: { threshold: returns, warnAt: returnsWarn },
  nothing: { threshold: nothings, warnAt: nothingsWarn },
} as const;

/** The kind that is nearest to its threshold. */
function counted({ count, condensed, sentBack, empty }: Monologue): Counted {
  const all: readonly Counted[] = [
    { of: "messages", count },
    { of: "condensations", count: condensed },
    { of: "returns", count: sentBack },
    { of: "nothing", count: empty },
  ];
  return all.reduce((most, each) =>
    each.count / kinds[each.of].threshold > most.count / kinds[most.of].threshold ? each : most,
  );
}

type Counted = { readonly of: keyof typeof kinds; readonly count: number };

/** M: the agent says the same over and over, or nothing, or condenses its context over and over, and calls nothing. */
export const monologue: LoopRule = {
  id: "M",
  measure({ monologue }) {
    const { of, count } = counted(monologue);
    return { count, of: null, unit: "calls", ...kinds[of], excuse: null, calls: [] };
  },
  find({ count }, level, { monologue }) {
    const { of } = counted(monologue);
    return { code: "monologue", rule: "M", level, of, count, sinceAt: monologue.startedAt };
  },
};
