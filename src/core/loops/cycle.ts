import type { CallRecord } from "../evidence/activity.ts";
import {
  hasOutcome,
  isSameCall,
  isSameOutcome,
  type LoopRule,
  type Measure,
  spanOf,
  waitExcuse,
} from "./loop-rule.ts";

/** How many calls a round may have. */
const periods = Array.from({ length: 9 }, (_, index) => index + 2);
/** 2 rounds flag ordinary re-reads, 4 find no more and no less (LOOPS.md, R2). */
const rounds = 3;
/** A period of 2 is common in work: it takes three and a half rounds (LOOPS.md, R2). */
const pairCalls = 7;
const pairWarnCalls = 6;
/** Without the results the round may well have moved on (LOOPS.md, R2). */
const roundsUnknown = 5;
const roundsUnknownWarn = 3;

/** R2: the same few calls with the same results over and over; edits by their arguments only. Counted in calls. */
export const cycle: LoopRule = {
  id: "R2",
  measure({ calls }) {
    return periods
      .flatMap((period) => [measurePeriod(calls, period, true), measurePeriod(calls, period, false)])
      .reduce((best, found) => (ratio(found) > ratio(best) ? found : best));
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    const period = periodOf(measure.calls);
    return span && { code: "cycle", rule: "R2", ...span, period, rounds: Math.floor(measure.count / period) };
  },
};

type Rounds = Measure & { readonly threshold: number };

function measurePeriod(calls: readonly CallRecord[], period: number, isKnown: boolean): Rounds {
  const outcomes: CallRecord[] = [];
  let start = calls.length;
  for (;;) {
    const [late, early] = [calls[start - 1], calls[start - 1 - period]];
    if (late === undefined || early === undefined || !isSameCall(late, early)) break;
    if (isKnown && late.kind !== "mut" && !isSameOutcome(late, early)) break;
    outcomes[start % period] ??= late;
    if (!isKnown && isDifferent(outcomes[start % period], early)) break;
    if (hasOutcome(early)) outcomes[start % period] = early;
    start -= 1;
  }
  const tail = start === calls.length ? [] : calls.slice(start - period);
  const [first] = tail;
  const isUniform = first !== undefined && tail.every((call) => isSameCall(call, first));
  return {
    count: isUniform ? 0 : tail.length,
    of: null,
    threshold: isKnown ? (period === 2 ? pairCalls : rounds * period) : roundsUnknown * period,
    warnAt: isKnown ? (period === 2 ? pairWarnCalls : null) : roundsUnknownWarn * period,
    excuse: waitExcuse(tail),
    calls: tail,
  };
}

/** Edits are the same by their arguments; of the others both results must be known to differ. */
function isDifferent(a: CallRecord | undefined, b: CallRecord): boolean {
  return a !== undefined && a.kind !== "mut" && hasOutcome(a) && hasOutcome(b) && !isSameOutcome(a, b);
}

/** The shortest distance at which the calls repeat. */
function periodOf(calls: readonly CallRecord[]): number {
  let period = 2;
  while (!calls.every((call, index) => isRepeated(calls[index - period], call))) period += 1;
  return period;
}

function isRepeated(early: CallRecord | undefined, late: CallRecord): boolean {
  return early === undefined || isSameCall(early, late);
}

function ratio({ count, threshold }: Rounds): number {
  return count / threshold;
}
