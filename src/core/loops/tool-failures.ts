import type { LoopRule } from "./loop-rule.ts";

/** S: failed calls in a row, from the owner's `--failures` on struggling (3 by default; the owner's rule, fixed). */
export const toolFailures: LoopRule = {
  id: "S",
  measure({ calls, failures }, options) {
    return {
      count: failures.count,
      of: null,
      threshold: null,
      warnAt: options.failures,
      excuse: null,
      calls: calls.filter((call) => call.outcome === "failed").slice(-failures.count || calls.length),
    };
  },
  find({ count }, level, { failures, lastError }, options) {
    return {
      code: "tool_failures",
      rule: "S",
      level,
      count,
      threshold: options.failures,
      tools: failures.tools,
      sinceAt: failures.startedAt,
      lastAt: lastError?.at ?? null,
      error: lastError?.message ?? null,
    };
  },
};
