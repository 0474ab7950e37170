import type { CallRecord } from "../evidence/activity.ts";
import { isDone } from "../evidence/novelty.ts";
import { type LoopRule, largestGroup, lastOf, pollingExcuse, spanOf } from "./loop-rule.ts";
import { hasOutcome, isEdit, type Step } from "./steps.ts";

const window = 12;
/** Stuck from six of the last 12 on: 5 happens in work. Qwen Code's detector holds the same number ("global duplicate"). */
const threshold = 6;
const warnAt = 4;

/**
 * R1w: the same call again and again between others, its answer an old one each time, and nothing edited or done anew in
 * between that could change it. In a log without results only looks count: what else was done may have changed what there is to see.
 */
export const repeatedInWindow: LoopRule = {
  id: "R1w",
  measure({ steps }) {
    const { recent, ...counted } = lastOf(steps, window);
    const isKnown = recent.some(({ calls }) => calls.some(hasOutcome));
    const { calls, count } = largestGroup(sinceChange(recent, isKnown), isKnown ? oldKey : lookKey);
    // Whoever just heard something new got out, or is on the way.
    const isOut = isKnown && recent.at(-1)?.isNovel === true;
    return {
      ...counted,
      count: isOut ? 0 : count,
      threshold,
      warnAt: isKnown ? null : warnAt,
      excuse: pollingExcuse(recent),
      calls,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "repeated_call", rule: "R1w", ...span, error: null };
  },
};

function sinceChange(recent: readonly Step[], isKnown: boolean): readonly Step[] {
  const isChange = (call: CallRecord) =>
    isKnown ? isEdit(call) || (isDone(call) && call.isNovel) : call.kind !== "obs";
  return recent.slice(recent.findLastIndex(({ calls }) => calls.some(isChange)) + 1);
}

function oldKey(call: CallRecord): string | null {
  return call.isNovel || call.kind === "wait" || !hasOutcome(call) ? null : keyOf(call);
}

function lookKey(call: CallRecord): string | null {
  return call.trait === "pages" ? null : keyOf(call);
}

function keyOf({ tool, argsHash }: CallRecord): string | null {
  return argsHash === null ? null : `${tool} ${argsHash}`;
}
