import type { CallRecord } from "../evidence/activity.ts";
import { type LoopRule, spanOf } from "./loop-rule.ts";
import { isEdit, isSameCall, type Step } from "./steps.ts";

/**
 * Stuck from the sixth round on (seven checks): 3 to 5 rounds happen in runs that then succeed; 4 calls 2 runs more
 * stuck that are not, 10 loses none. Counted in rounds: a successful edit, then the check again.
 */
const threshold = 6;
const warnAt = 3;
/** The check must be among the last steps: an agent that left it behind got out. */
const recent = 10;

/** R5: one check repeated with the same result, edits that succeed in between, and no other check moved. */
export const editsWithoutEffect: LoopRule = {
  id: "R5",
  measure({ steps }) {
    const { checks, count } = longestSeries(steps);
    return { count, of: null, unit: "calls", threshold, warnAt, excuse: null, calls: checks };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "edits_without_effect", rule: "R5", ...span, edits: measure.count };
  },
};

/** Equal checks, oldest first, and how many of the rounds between them were in vain. */
type Series = { readonly checks: readonly CallRecord[]; readonly count: number };

/** The longest series of one of the last checks: equal calls, equal results, an edit between each pair. */
function longestSeries(steps: readonly Step[]): Series {
  const checks = steps.slice(-recent).flatMap(({ calls }) => calls.filter(isCheck));
  const distinct = new Map(checks.map((check) => [keyOf(check), check]));
  return [...distinct.values()]
    .map((check) => seriesOf(steps, check))
    .reduce((a, b) => (b.count >= a.count ? b : a), { checks: [], count: 0 });
}

function seriesOf(steps: readonly Step[], check: CallRecord): Series {
  const later = new Map<string, string>();
  const checks: CallRecord[] = [];
  let edits: CallRecord[] = [];
  let count = 0;
  for (const { calls } of steps.toReversed()) {
    // Not by the error: "3 failed" after "4 failed" is an effect, of this check or another.
    for (const call of calls.filter(isCheck)) {
      if ((later.get(keyOf(call)) ?? call.resultHash) !== call.resultHash) return { checks, count };
      if (call.resultHash !== null) later.set(keyOf(call), call.resultHash);
    }
    const found = calls.find((call) => isCheck(call) && isSameCall(call, check));
    if (found !== undefined && (checks.length === 0 || edits.length > 0)) {
      if (checks.length > 0 && !isKept(found, edits)) count += 1;
      checks.unshift(found);
      edits = [];
    }
    edits.push(...calls.filter(isEdit));
  }
  return { checks, count };
}

/** A check that passes after new edits shows that nothing broke: that is what it is for. */
function isKept(check: CallRecord, edits: readonly CallRecord[]): boolean {
  return check.outcome === "ok" && !check.saysFailed && edits.every(({ isNovel }) => isNovel);
}

/** A command with a known result, or a look that failed: tools of other makers are no commands. */
function isCheck({ kind, outcome, argsHash, resultHash }: CallRecord): boolean {
  const isRun = kind === "run" || (kind === "obs" && outcome === "failed");
  return isRun && argsHash !== null && resultHash !== null;
}

function keyOf({ tool, argsHash }: CallRecord): string {
  return `${tool} ${argsHash}`;
}
