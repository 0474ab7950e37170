import type { CallRecord } from "../evidence/activity.ts";
import { type Excuse, isEdit, isSameCall, type LoopRule, spanOf } from "./loop-rule.ts";

/**
 * Stuck from the sixth round on (seven checks): 3 to 5 rounds happen in runs that then succeed; 4 calls 2 runs more
 * stuck that are not, 10 loses none (LOOPS.md, R5). Counted in rounds: a successful edit, then the check again.
 */
const threshold = 6;
const warnAt = 3;
/** A check that succeeds and says nothing is weak evidence (LOOPS.md, ggcode #308); 10 loses no loop (LOOPS.md, R5). */
const thresholdSilent = 10;
/** Edits of so many files, and the check still succeeds: it shows that nothing broke. */
const filesAtLeast = 3;
/** The check must be among the last calls: an agent that left it behind got out. */
const recent = 10;

/** R5: one check repeated with the same result, edits that succeed in between, and no other check moved. */
export const editsWithoutEffect: LoopRule = {
  id: "R5",
  measure({ calls }) {
    const checks = longestSeries(calls);
    return {
      count: Math.max(0, checks.length - 1),
      of: null,
      threshold: checks.every(isSilent) ? thresholdSilent : threshold,
      warnAt,
      excuse: checks.every(isPassed) ? verifyingExcuse(calls, checks[0]) : null,
      calls: checks,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "edits_without_effect", rule: "R5", ...span, edits: measure.count };
  },
};

function isPassed(check: CallRecord): boolean {
  return check.outcome === "ok";
}

function isSilent(check: CallRecord): boolean {
  return isPassed(check) && check.resultLength === 0;
}

/** The excuse of a check that succeeds after edits here and there; a command does not tell what it edits. */
function verifyingExcuse(calls: readonly CallRecord[], first: CallRecord | undefined): Excuse | null {
  const since = first === undefined ? [] : calls.slice(calls.indexOf(first));
  const targets = since.filter(isEdit).map(({ target }) => target);
  const files = new Set(targets.filter((target) => target !== null && !/\s/.test(target))).size;
  return files < filesAtLeast
    ? null
    : { says: `the check succeeds after edits of ${files} files`, allows: "struggling" };
}

/** The longest series of one of the last checks, oldest first: equal calls, equal results, an edit between each pair. */
function longestSeries(calls: readonly CallRecord[]): readonly CallRecord[] {
  const series = calls.slice(-recent).map((check) => seriesOf(calls, check));
  return series.reduce((a, b) => (b.length > a.length ? b : a), []);
}

function seriesOf(calls: readonly CallRecord[], check: CallRecord): readonly CallRecord[] {
  const later = new Map<string, string>();
  const checks: CallRecord[] = [];
  let isEdited = true;
  for (const call of calls.toReversed()) {
    if (isEdit(call)) isEdited = true;
    if (call.kind !== "run" || call.argsHash === null || call.resultHash === null) continue;
    const key = `${call.tool} ${call.argsHash}`;
    // Not by the error, whose numbers are blurred: "3 failed" after "4 failed" is an effect, of this check or another.
    if ((later.get(key) ?? call.resultHash) !== call.resultHash) break;
    later.set(key, call.resultHash);
    if (!isSameCall(call, check) || !isEdited) continue;
    checks.unshift(call);
    isEdited = false;
  }
  return checks;
}
