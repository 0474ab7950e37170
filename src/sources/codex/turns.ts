import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { plainText } from "../../core/text/safe-text.ts";
import { cutOff } from "../cut-off.ts";
import { childrenInItem } from "./children.ts";
import { errorName, type Memory, note, type Place, take, turnError } from "./memory.ts";
import { proposedPlan } from "./plan.ts";

const Message = z.object({ message: z.string().nullish().catch(null) });
const TaskComplete = z.object({
  last_agent_message: z.string().nullish().catch(null),
  error: z
    .object({ message: z.string().nullish(), codex_error_info: z.unknown().optional() })
    .nullish()
    .catch(null),
});
const Aborted = z.object({ reason: z.string().catch("aborted") });
const ExecEnd = z.object({ call_id: z.string(), exit_code: z.number() });
const PatchEnd = z.object({ call_id: z.string(), success: z.boolean() });
const ItemCompleted = z.object({ item: z.looseObject({ type: z.string(), id: z.string().catch("") }) });
const Execution = z.object({
  process_id: z.string().nullish().catch(null),
  status: z.string(),
  exit_code: z.number().nullish().catch(null),
});
const Text = z.object({ content: z.array(z.object({ text: z.string().catch("") })).catch([]) });
const PlanItem = z.object({ text: z.string().catch("") });
const ThreadName = z.object({ thread_name: z.string().nullish().catch(null) });

/** `event_msg`: where turns begin and end, and what happened beside the conversation. */
export function turnEvent(
  event: { readonly type: string },
  place: Place,
  memory: Memory,
): readonly AgentEvent[] {
  switch (event.type) {
    case "task_started":
    case "turn_started":
      memory.hasTurns = true;
      memory.isTurnOpen = true;
      memory.needsNoAnswer = false;
      memory.turnError = null;
      memory.plan = null;
      memory.isLastCallKilled = false;
      return [{ ...place, type: "turn_started" }];
    case "task_complete":
    case "turn_complete":
      memory.hasTurns = true;
      memory.isTurnOpen = false;
      return taskComplete(event, place, memory);
    case "turn_aborted":
      // Versions that write no other turn records write this one.
      memory.weakEnd = null;
      memory.isTurnOpen = false;
      memory.turnError = null;
      return [
        {
          ...place,
          type: "turn_ended",
          outcome: "cancelled",
          message: Aborted.parse(event).reason,
        },
      ];
    case "error":
      return turnError(event, place, memory);
    case "stream_error":
      return [streamError(Message.parse(event).message ?? "stream error", place)];
    case "user_message":
      return userMessage(Message.parse(event).message ?? "", place, memory);
    case "context_compacted":
    case "entered_review_mode":
    case "exited_review_mode":
      memory.needsNoAnswer = true;
      return [];
    case "thread_name_updated":
      memory.title = ThreadName.parse(event).thread_name ?? memory.title;
      return [];
    case "exec_command_end": {
      const end = ExecEnd.safeParse(event).data;
      if (end !== undefined) note(memory.verdicts, end.call_id, end.exit_code === 0 ? "ok" : "failed");
      return [];
    }
    case "patch_apply_end": {
      const end = PatchEnd.safeParse(event).data;
      if (end !== undefined) note(memory.verdicts, end.call_id, end.success ? "ok" : "failed");
      return [];
    }
    case "item_completed": {
      const completed = ItemCompleted.safeParse(event).data;
      return completed === undefined ? [] : itemCompleted(completed.item, place, memory);
    }
    default:
      return [];
  }
}

/** A request that failed and is tried again: `Reconnecting... 1/5`. */
export function streamError(message: string, place: Place): AgentEvent {
  const [, attempt, maxAttempts] = /(\d+)\/(\d+)/.exec(message) ?? [];
  return {
    ...place,
    type: "provider_retry",
    message,
    attempt: attempt === undefined ? null : Number(attempt),
    maxAttempts: maxAttempts === undefined ? null : Number(maxAttempts),
  };
}

function taskComplete(event: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const { last_agent_message: text, error } = TaskComplete.parse(event);
  const told = error?.message ?? (error == null ? null : errorName(error.codex_error_info));
  const failure = told ?? (text == null ? failureWithoutAnswer(memory) : null);
  // What is written from here on is no longer the turn's.
  memory.turnError = null;
  if (failure !== null) return [{ ...place, type: "turn_ended", outcome: "failure", message: failure }];
  const answer = text == null ? null : plainText(text);
  const ended: AgentEvent = { ...place, type: "turn_ended", outcome: "success", message: null, answer };
  const plan = proposedPlan(text ?? "") ?? memory.plan;
  if (plan === null) return [ended];
  return [ended, { ...place, type: "asked", for: "plan_approval", tool: null, text: plan }];
}

function failureWithoutAnswer({ turnError, needsNoAnswer, plan, tellsErrors }: Memory): string | null {
  if (turnError !== null) return turnError;
  // 0.140 leaves no more than this of a failed request.
  return needsNoAnswer || plan !== null || tellsErrors ? null : "turn ended without an answer";
}

function itemCompleted(
  item: { readonly type: string; readonly id: string },
  place: Place,
  memory: Memory,
): readonly AgentEvent[] {
  switch (item.type) {
    case "UserMessage": {
      const text = Text.safeParse(item).data?.content.map((part) => part.text);
      return userMessage(text?.join("\n") ?? "", place, memory);
    }
    case "Plan":
      memory.plan = plainText(PlanItem.parse(item).text);
      return [];
    case "CommandExecution":
    case "FileChange":
    case "McpToolCall":
      return executed(item, place, memory);
    case "CollabAgentToolCall":
    case "SubAgentActivity":
      return childrenInItem(item, place);
    default:
      return [];
  }
}

function executed(item: { readonly id: string }, place: Place, memory: Memory): readonly AgentEvent[] {
  const execution = Execution.safeParse(item).data;
  if (execution === undefined) return [];
  const { process_id: processId, status, exit_code: exitCode } = execution;
  if (processId != null && take(memory.background, processId) !== null) {
    // What still runs when Codex ends is ended by it, with -1: not a failure of the command.
    const outcome = exitCode === -1 ? "cancelled" : status === "completed" ? "success" : "failure";
    return [{ ...place, type: "child_ended", childId: processId, outcome }];
  }
  const verdict = status === "completed" ? "ok" : "failed";
  if (item.id.startsWith("exec-")) memory.scriptVerdict = verdict;
  else note(memory.verdicts, item.id, verdict);
  return [];
}

const titleLimit = 80;

/** A person's message; the first one names the session. */
export function userMessage(text: string, place: Place, memory: Memory): readonly AgentEvent[] {
  memory.title ??= text.trim() === "" ? null : plainText(text, titleLimit);
  memory.weakEnd = null;
  memory.isLastCallKilled = false;
  return [{ ...place, type: "user_message" }];
}

/**
 * What the beginning of a turn says of those before it: a call that is still open was killed with its session, and so
 * were the background commands when the session's process cannot be the same one any more.
 */
export function endEarlierTurns(
  { openCalls, children }: Readonly<Activity>,
  place: Place,
  memory: Memory,
): readonly AgentEvent[] {
  const calls = cutOff(openCalls, place);
  const wasKilled = memory.isTurnOpen;
  if (!wasKilled && !memory.isOneShot) return calls;
  memory.background = {};
  return [...calls, ...endShells(children, place)];
}

/** The background commands that ended with the process they ran in. */
export function endShells(children: Activity["children"], place: Place): readonly AgentEvent[] {
  return children
    .filter(({ kind, endedAt }) => kind === "shell" && endedAt === null)
    .map(({ id }) => ({ ...place, type: "child_ended", childId: id, outcome: "cancelled" }));
}
