import { z } from "zod";
import type { AgentEvent } from "./agent-event.ts";

const Usage = z.object({ input: z.number(), output: z.number(), costUsd: z.number().nullable() });

/**
 * What a stream has used so far, in tokens. `input` counts what was read from a cache, too; `context`: how many the last
 * request held; `window`: how many the model takes, where the agent wrote it. `last`: the last answer, which some agents
 * write several times while it grows.
 */
export const Tokens = Usage.extend({
  context: z.number().nullable(),
  window: z.number().nullable(),
  last: Usage.extend({ id: z.string() }).nullable(),
});
export type Tokens = z.infer<typeof Tokens>;

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
