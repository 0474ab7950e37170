import { type LoopRule, type Measure, spanOf, unitOf, waitExcuse } from "./loop-rule.ts";
import { callsOf, hasOutcome, isSameEnd, isSameOutcome, isSameStep, type Step } from "./steps.ts";

/** How many steps a round may have. */
const periods = Array.from({ length: 9 }, (_, index) => index + 2);
/** 2 rounds are ordinary looks back, 4 find no more and no less. */
const rounds = 3;
/** A period of 2 is common in work: it takes three and a half rounds. */
const pairSteps = 7;
const pairWarnSteps = 6;
/** Without the results the round may well have moved on: nothing is said before. */
const roundsUnknown = 5;

/** R2: the same few steps with the same results over and over; edits by their arguments only. */
export const cycle: LoopRule = {
  id: "R2",
  measure({ steps }) {
    return periods
      .flatMap((period) => [measurePeriod(steps, period, true), measurePeriod(steps, period, false)])
      .reduce((best, found) => (ratio(found) > ratio(best) ? found : best));
  },
  find(measure, level, { steps }) {
    const span = spanOf(measure, level);
    const period = periodOf(steps.slice(-measure.count));
    return span && { code: "cycle", rule: "R2", ...span, period, rounds: Math.floor(measure.count / period) };
  },
};

type Rounds = Measure & { readonly threshold: number };

function measurePeriod(steps: readonly Step[], period: number, isKnown: boolean): Rounds {
  const outcomes: Step[] = [];
  let start = steps.length;
  for (;;) {
    const [late, early] = [steps[start - 1], steps[start - 1 - period]];
    if (late === undefined || early === undefined || !isSameStep(late, early)) break;
    if (isKnown && !isEditing(late) && !isSameEnd(late, early)) break;
    outcomes[start % period] ??= late;
    if (!isKnown && isDifferent(outcomes[start % period], early)) break;
    if (early.calls.every(hasOutcome)) outcomes[start % period] = early;
    start -= 1;
  }
  const tail = start === steps.length ? [] : steps.slice(start - period);
  const [first] = tail;
  const isUniform = first !== undefined && tail.every((step) => isSameStep(step, first));
  return {
    count: isUniform ? 0 : tail.length,
    of: null,
    unit: unitOf(tail),
    threshold: isKnown ? (period === 2 ? pairSteps : rounds * period) : roundsUnknown * period,
    warnAt: isKnown && period === 2 ? pairWarnSteps : null,
    excuse: waitExcuse(tail),
    calls: callsOf(tail),
  };
}

/** Edits are the same by their arguments; of the others both results must be known to differ. */
function isDifferent(a: Step | undefined, b: Step): boolean {
  if (a === undefined) return false;
  return a.calls.some((call, index) => {
    const other = b.calls[index];
    return (
      other !== undefined &&
      call.kind !== "mut" &&
      hasOutcome(call) &&
      hasOutcome(other) &&
      !isSameOutcome(call, other)
    );
  });
}

function isEditing({ calls }: Step): boolean {
  return calls.every(({ kind }) => kind === "mut");
}

/** The shortest distance at which the steps repeat. */
function periodOf(steps: readonly Step[]): number {
  let period = 2;
  while (!steps.every((step, index) => isRepeated(steps[index - period], step))) period += 1;
  return period;
}

function isRepeated(early: Step | undefined, late: Step): boolean {
  return early === undefined || isSameStep(early, late);
}

function ratio({ count, threshold }: Rounds): number {
  return count / threshold;
}
