import type { Tokens } from "./activity.ts";
import type { AgentEvent } from "./agent-event.ts";

const none: Tokens = { input: 0, output: 0, costUsd: null, context: null, window: null, last: null };

/** Adds what one answer used; an answer that was counted before is counted anew, a total replaces all. */
export function addUsage(
  before: Tokens | null,
  { id, input, output, context, window, costUsd, isTotal }: Extract<AgentEvent, { type: "usage" }>,
): Tokens {
  const sum = before ?? none;
  const again = id !== null && sum.last?.id === id ? sum.last : null;
  const base = isTotal === true ? none : sum;
  return {
    input: base.input - (again?.input ?? 0) + input,
    output: base.output - (again?.output ?? 0) + output,
    costUsd: costUsd === null ? base.costUsd : (base.costUsd ?? 0) - (again?.costUsd ?? 0) + costUsd,
    context: context ?? sum.context,
    window: window ?? sum.window,
    last: id === null ? null : { id, input, output, costUsd },
  };
}
