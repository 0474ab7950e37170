import type { CallRecord } from "../activity.ts";
import {
  hasOutcome,
  isSameCall,
  isSameOutcome,
  type LoopRule,
  type Measure,
  spanOf,
  waitExcuse,
} from "./loop-rule.ts";

const longestPeriod = 10;
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
    let best: Measure = { count: 0, of: null, threshold: rounds * 3, warnAt: null, excuse: null, calls: [] };
    for (let period = 2; period <= longestPeriod; period += 1) {
      for (const isKnown of [true, false]) {
        const found = measurePeriod(calls, period, isKnown);
        if (ratio(found) > ratio(best)) best = found;
      }
    }
    return best;
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    const period = periodOf(measure.calls);
    return span && { code: "cycle", rule: "R2", ...span, period, rounds: Math.floor(measure.count / period) };
  },
};

function measurePeriod(calls: readonly CallRecord[], period: number, isKnown: boolean): Measure {
  const outcomes: CallRecord[] = [];
  let start = calls.length;
  while (start > period) {
    const [late, early] = [calls[start - 1], calls[start - 1 - period]];
    if (late === undefined || early === undefined || !isSameCall(late, early)) break;
    if (isKnown && late.kind !== "mut" && !isSameOutcome(late, early)) break;
    outcomes[start % period] ??= late;
    if (!isKnown && isDifferent(outcomes[start % period], early)) break;
    if (hasOutcome(early)) outcomes[start % period] = early;
    start -= 1;
  }
  const length = calls.length - start;
  const tail = length === 0 ? [] : calls.slice(start - period);
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
  const periods = Array.from({ length: longestPeriod - 1 }, (_, index) => index + 2);
  return periods.find((period) => calls.every((call, index) => isRepeated(calls[index - period], call))) ?? 2;
}

function isRepeated(early: CallRecord | undefined, late: CallRecord): boolean {
  return early === undefined || isSameCall(early, late);
}

function ratio(measure: Measure): number {
  return measure.count / (measure.threshold ?? 1);
}
