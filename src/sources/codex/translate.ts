import type { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { stringIn } from "../../core/text/fields.ts";
import { parseTime } from "../../core/text/time.ts";
import type { Dialect } from "../followed-file.ts";
import { callEnded, callStarted, endEarlierTurns } from "./calls.ts";
import { childrenInItem, childrenInNotice, endShells } from "./children.ts";
import {
  emptyMemory,
  goneOn,
  killed,
  Memory,
  note,
  noteCopy,
  ownTotal,
  type Place,
  streamError,
  take,
  turnError,
  userMessage,
} from "./memory.ts";
import type { SessionMeta } from "./paths.ts";
import { goalChanged, proposedPlan } from "./plan.ts";
import {
  ExecEnd,
  Execution,
  HookPrompt,
  Item,
  ItemCompleted,
  Line,
  Message,
  PatchEnd,
  PlanItem,
  Texts,
  ThreadName,
  TokenCount,
  TurnContext,
  Words,
} from "./records.ts";
import { taskComplete, turnAborted, turnStarted } from "./turn-translate.ts";

/** The lines of a session's rollout, of every version that was seen. */
export const rollout = (
  session: Pick<SessionMeta, "id" | "version" | "isInteractive" | "isChild" | "isFork">,
): Dialect<Memory> => ({
  memory: Memory,
  begin: () => ({
    ...emptyMemory(),
    // A sub-agent's process is its parent's, which goes on.
    isOneShot: !session.isInteractive && !session.isChild,
    tellsErrors: tellsErrors(session.version),
    notOwn: session.isFork ? null : { input: 0, output: 0 },
  }),
  translate(record, { line, fileAt, activity }, memory) {
    const read = Line.safeParse(record);
    if (!read.success) return null;
    const { type, payload, timestamp } = read.data;
    const place = { at: parseTime(timestamp) ?? fileAt, line };
    noteCopy(type === "session_meta" && isOther(payload, session.id), place.at, memory);
    // Mid-2025 files hold the items themselves, without a wrapper and without a time.
    const isBare = payload === undefined;
    const turn = type === "event_msg" ? turnRecord(payload) : null;
    const events = [
      ...(turn === "started" ? endEarlierTurns(activity, place, memory) : []),
      ...(turn === "ended" && memory.isOneShot ? endShells(activity.children, place) : []),
      ...readRecord(type ?? null, isBare ? record : payload, place, memory, isBare),
    ];
    // Whatever else was written at a time shows that the agent lived then.
    const isSilent = events.length === 0 && parseTime(timestamp) !== null;
    return { events: isSilent ? [{ ...place, type: "active" }] : events };
  },
});

function turnRecord(payload: unknown): "started" | "ended" | null {
  const event = Item.safeParse(payload).data?.type ?? "";
  if (/^(task|turn)_started$/.test(event)) return "started";
  return /^(task_complete|turn_complete|turn_aborted)$/.test(event) ? "ended" : null;
}

// `task_complete` has an `error` since some version after 0.140; 0.169 is the first that was seen with it.
function tellsErrors(version: string | null): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version ?? "") ?? [];
  return Number(major) > 0 || Number(minor) >= 169;
}

function readRecord(
  type: string | null,
  body: unknown,
  place: Place,
  memory: Memory,
  isBare: boolean,
): readonly AgentEvent[] {
  if (type === "compacted") {
    memory.needsNoAnswer = true;
    return [{ ...place, type: "condensed" }];
  }
  if (type === "turn_context") {
    const { approval_policy: policy, approvals_reviewer: reviewer } = TurnContext.parse(body);
    if (policy != null) memory.asksPerson = policy !== "never" && (reviewer ?? "user") === "user";
    memory.asksForCommands = policy === "untrusted";
    return [];
  }
  const item = Item.safeParse(body);
  if (!item.success) return [];
  if (type === "event_msg") return turnEvent(item.data, place, memory);
  return type === "response_item" || isBare ? readItem(item.data, place, memory, isBare) : [];
}

function readItem(
  item: z.infer<typeof Item>,
  place: Place,
  memory: Memory,
  isBare: boolean,
): readonly AgentEvent[] {
  switch (item.type) {
    case "message":
      return readMessage(item, place, memory, isBare);
    case "function_call":
    case "custom_tool_call":
    case "local_shell_call":
      memory.weakEnd = null;
      return callStarted(item, place, memory);
    case "function_call_output":
    case "custom_tool_call_output": {
      const events = callEnded(item, place, memory);
      const isInterrupted =
        memory.isLastCallKilled &&
        events.some((event) => event.type === "call_ended" && event.outcome === "neutral");
      memory.weakEnd = isInterrupted ? { ...place, outcome: "cancelled", message: killed } : null;
      return events;
    }
    case "reasoning":
    case "web_search_call":
    case "tool_search_call":
      memory.weakEnd = null;
      return goneOn(place, memory);
    default:
      return [];
  }
}

const clearedGoal = /^<codex_internal_context source="user_goal">\s*User cleared the goal/;

function readMessage(item: unknown, place: Place, memory: Memory, isBare: boolean): readonly AgentEvent[] {
  const message = Message.safeParse(item);
  if (!message.success) return [];
  const text = message.data.content.map((part) => part.text).join("\n");
  if (message.data.role === "assistant") {
    const outcome = memory.isLastCallKilled ? "cancelled" : "success";
    memory.weakEnd = { ...place, outcome, message: outcome === "cancelled" ? killed : text };
    const plan = proposedPlan(text);
    if (plan !== null) memory.plan = plan;
    return [...goneOn(place, memory), { ...place, type: "said", text }];
  }
  if (message.data.role !== "user") return [];
  if (text.startsWith("<subagent_notification>")) return childrenInNotice(text, place);
  if (text.startsWith("<user_shell_command>")) memory.needsNoAnswer = true;
  if (clearedGoal.test(text)) memory.goal = null;
  // Wrapped files say `user_message` beside it; what Codex itself puts before the model begins with a tag or a heading.
  if (!isBare || text.startsWith("<") || text.startsWith("# AGENTS.md")) return [];
  return userMessage(text, place, memory);
}

function isOther(payload: unknown, id: string): boolean {
  return (stringIn(payload, "id") ?? id) !== id;
}

function tokenCount(event: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const info = TokenCount.safeParse(event).data?.info;
  const own = info == null ? null : ownTotal(info, memory);
  if (info == null || own === null) return [];
  const { last_token_usage: last, model_context_window: window } = info;
  const context = last?.total_tokens ?? null;
  return [{ ...place, type: "usage", id: null, ...own, context, window, costUsd: null, isTotal: true }];
}

/** `event_msg`: where turns begin and end, and what happened beside the conversation. */
function turnEvent(event: { readonly type: string }, place: Place, memory: Memory): readonly AgentEvent[] {
  switch (event.type) {
    case "task_started":
    case "turn_started":
      return turnStarted(event, place, memory);
    case "task_complete":
    case "turn_complete":
      return taskComplete(event, place, memory);
    case "turn_aborted":
      return turnAborted(event, place, memory);
    case "error":
      return turnError(event, place, memory);
    case "stream_error":
      return [streamError(Words.parse(event).message ?? "stream error", place)];
    case "user_message":
      return userMessage(Words.parse(event).message ?? "", place, memory);
    case "thread_goal_updated":
      return goalChanged(event, place, memory);
    case "token_count":
      return tokenCount(event, place, memory);
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

function itemCompleted(
  item: { readonly type: string; readonly id: string },
  place: Place,
  memory: Memory,
): readonly AgentEvent[] {
  switch (item.type) {
    case "UserMessage": {
      const text = Texts.safeParse(item).data?.content.map((part) => part.text);
      return userMessage(text?.join("\n") ?? "", place, memory);
    }
    case "Plan":
      memory.plan = PlanItem.parse(item).text;
      return [];
    case "CommandExecution":
    case "FileChange":
    case "McpToolCall":
      return executed(item, place, memory);
    case "HookPrompt":
      return sentBack(item, place);
    case "CollabAgentToolCall":
    case "SubAgentActivity":
      return childrenInItem(item, place);
    default:
      return [];
  }
}

// A Stop hook did not let the turn end.
function sentBack(item: unknown, place: Place): readonly AgentEvent[] {
  const hooks = HookPrompt.safeParse(item).data?.fragments ?? [];
  const isStop = hooks.some(({ hookRunId }) => /^(subagent[_-]?)?stop:/i.test(hookRunId));
  return isStop ? [{ ...place, type: "turn_started", isSentBack: true }] : [];
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
