import { z } from "zod";
import { listOf } from "../../core/text/list-of.ts";

/** The tags stand on lines of their own; within a line somebody writes about them. */
const planBlock = /^[ \t]*<proposed_plan>[ \t]*\n([\s\S]*?)(?:^[ \t]*<\/proposed_plan>|(?![\s\S]))/m;

/** The text inside a block of `<proposed_plan>`: what plan mode wants a person to approve. */
export function proposedPlan(text: string): string | null {
  return planBlock.exec(text)?.[1]?.trim() ?? null;
}

const Plan = z.object({
  plan: listOf(z.object({ step: z.string().catch(""), status: z.string().catch("pending") })),
});

/** The state of an `update_plan` argument; null when it holds no plan. */
export function planOf(
  raw: unknown,
): { readonly done: number; readonly total: number; readonly step: string | null } | null {
  const read = Plan.safeParse(raw);
  if (!read.success || read.data.plan.length === 0) return null;
  const steps = read.data.plan;
  return {
    done: steps.filter(({ status }) => status === "completed").length,
    total: steps.length,
    step: steps.find(({ status }) => status === "in_progress")?.step ?? null,
  };
}
