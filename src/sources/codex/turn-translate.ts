import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import type { Memory, Place } from "./memory.ts";
import { proposedPlan, unreachedGoal } from "./plan.ts";
import { Aborted, errorName, TaskComplete, TurnStarted } from "./records.ts";

/** `task_started`. A turn for the goal is begun by Codex itself: without a call it leads nowhere, as one a hook sent back. */
export function turnStarted(event: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const isForGoal = TurnStarted.safeParse(event).data?.turn_attribution?.turn_trigger === "goal";
  Object.assign(memory, {
    hasTurns: true,
    isTurnOpen: true,
    needsNoAnswer: false,
    turnError: null,
    plan: null,
    isLastCallKilled: false,
    isGoalTurnEmpty: isForGoal && memory.isOneShot,
  });
  return memory.isGoalTurnEmpty ? [] : [{ ...place, type: "turn_started", isSentBack: isForGoal }];
}

/** `turn_aborted`; versions that write no other turn records write this one. */
export function turnAborted(event: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  memory.weakEnd = null;
  memory.isTurnOpen = false;
  memory.turnError = null;
  if (memory.isGoalTurnEmpty) return [];
  return [{ ...place, type: "turn_ended", outcome: "cancelled", message: Aborted.parse(event).reason }];
}

/** `task_complete`: a failure, an answer, or a plan or a goal that somebody has to look at. */
export function taskComplete(event: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  memory.hasTurns = true;
  memory.isTurnOpen = false;
  const { last_agent_message: text, error } = TaskComplete.parse(event);
  const told = error?.message ?? (error == null ? null : errorName(error.codex_error_info));
  const failure = told ?? (text == null ? failureWithoutAnswer(memory) : null);
  // What is written from here on is no longer the turn's.
  memory.turnError = null;
  if (failure !== null) return [{ ...place, type: "turn_ended", outcome: "failure", message: failure }];
  const answer = text ?? null;
  const goal = unreachedGoal(memory);
  const message = goal?.says ?? null;
  const ended: AgentEvent = { ...place, type: "turn_ended", outcome: "success", message, answer };
  const plan = proposedPlan(text ?? "") ?? memory.plan;
  if (plan !== null)
    return [ended, { ...place, type: "asked", for: "plan_approval", tool: null, text: plan }];
  if (goal?.isAsking !== true) return [ended];
  return [ended, { ...place, type: "asked", for: "other", tool: null, text: goal.says }];
}

function failureWithoutAnswer({ turnError, needsNoAnswer, plan, tellsErrors }: Memory): string | null {
  if (turnError !== null) return turnError;
  // 0.140 leaves no more than this of a failed request.
  return needsNoAnswer || plan !== null || tellsErrors ? null : "turn ended without an answer";
}
