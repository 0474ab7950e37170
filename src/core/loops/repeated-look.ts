import type { CallRecord } from "../evidence/activity.ts";
import { hasOutcome, type LoopRule, largestGroup, spanOf } from "./loop-rule.ts";
import { pagingTool } from "./repeated-call.ts";

const window = 12;
/**
 * Stuck when half of the last 12 calls are the same look: not in LOOPS.md, where such a log is judged by runs and cycles
 * alone. Qwen Code's detector holds the same number ("global duplicate", 6).
 */
const threshold = 6;
const warnAt = 4;

/**
 * R1u: in a log without results, the same look again and again between other looks. Nothing the agent did can have
 * changed what there is to see; equal looks in a row are left to R1, for they may be waiting for something.
 */
export const repeatedLook: LoopRule = {
  id: "R1u",
  measure({ calls }) {
    const recent = calls.slice(-window);
    const looks = recent.slice(recent.findLastIndex((call) => call.kind !== "obs") + 1);
    const group = largestGroup(looks, lookKey);
    const isKnown = recent.some(hasOutcome);
    const says = isKnown ? "the results are known" : isRun(looks, group) ? "they follow each other" : null;
    return {
      count: group.length,
      of: window,
      threshold,
      warnAt,
      excuse: says === null ? null : { says, allows: null },
      calls: group,
    };
  },
  find(measure, level) {
    const span = spanOf(measure, level);
    return span && { code: "repeated_call", rule: "R1u", ...span, error: null };
  },
};

function lookKey(call: CallRecord): string | null {
  return call.argsHash === null || pagingTool.test(call.tool) ? null : `${call.tool} ${call.argsHash}`;
}

function isRun(looks: readonly CallRecord[], group: readonly CallRecord[]): boolean {
  const first = looks.findIndex((call) => group.includes(call));
  return looks.slice(first, first + group.length).every((call) => group.includes(call));
}
