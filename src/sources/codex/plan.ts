import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { parseJson } from "../../core/text/fields.ts";
import { listOf } from "../../core/text/list-of.ts";
import { type Memory, type Place, userMessage } from "./memory.ts";

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

/** What a thread works for, one turn after the other, until it is reached (0.171). */
const GoalHolder = z.object({
  goal: z.object({ objective: z.string(), status: z.string(), createdAt: z.number().nullish().catch(null) }),
});
const goalTools = /^(create|update|get)_goal$/;

/** A goal as `thread_goal_updated` tells it. One that a person set between two turns is an instruction. */
export function goalChanged(event: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const goal = GoalHolder.safeParse(event).data?.goal;
  if (goal === undefined) return [];
  const { objective, status, createdAt = null } = goal;
  const isNew = memory.goal === null || memory.goal.createdAt !== createdAt;
  memory.goal = { objective, status, createdAt };
  return isNew && !memory.isTurnOpen ? userMessage(objective, place, memory) : [];
}

/** The goal that the agent set or settled itself stands only in its tool's answer. */
export function goalAnswered(tool: string | null, text: string, memory: Memory): void {
  const goal =
    tool !== null && goalTools.test(tool) ? GoalHolder.safeParse(parseJson(text)).data?.goal : null;
  if (goal == null) return;
  const { objective, status, createdAt = null } = goal;
  memory.goal = { objective, status, createdAt };
}

/** What a goal that is not reached says at the end of a turn; `isAsking`: only a person gets it going again. */
export function unreachedGoal({
  goal,
}: Memory): { readonly says: string; readonly isAsking: boolean } | null {
  switch (goal?.status) {
    case "active":
    case "paused":
      return { says: "its goal is not reached", isAsking: false };
    case "blocked":
      return { says: `its goal is blocked: ${goal.objective}`, isAsking: true };
    case "budget_limited":
      return { says: `the budget of its goal is used up: ${goal.objective}`, isAsking: true };
    default:
      return null;
  }
}
