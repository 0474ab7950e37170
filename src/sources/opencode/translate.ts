import type { AgentEvent, CallOutcome, Outcome } from "../../core/evidence/agent-event.ts";
import { isNotice, isWithoutReply } from "./notices.ts";
import type { BoxCount } from "./plan.ts";
import {
  type Conversation,
  type MessageRow,
  type PartRow,
  type SessionRow,
  type TodoRow,
  type ToolInput,
  type ToolState,
  toolInput,
} from "./records.ts";

/** What a tool part must be read with. */
export type CallContext = {
  /** The part's message is the last of the agent and its step is not over. */
  readonly isOpen: boolean;
  readonly session: SessionRow;
  readonly now: number;
  callId(part: PartRow): string;
};

/** `bash` without a `timeout` of its own is stopped after this (all versions). */
const bashTimeoutMs = 120_000;
/** A command starts, and a file is read, well before this; what has not begun by then waits for a permission. */
const startWithinMs = 3_000;

/** Translates one tool part: its start, its end, and what it waits for. */
export function callEvents(part: PartRow, siblings: readonly PartRow[], context: CallContext): AgentEvent[] {
  const { state } = part.body;
  if (state === undefined) return [];
  const input = toolInput(state.input);
  const callId = context.callId(part);
  const tool = part.body.tool === "invalid" ? (input.tool ?? "invalid") : (part.body.tool ?? "tool");
  const startedAt = state.time.start ?? part.createdAt;
  const events: AgentEvent[] = [
    {
      type: "call_started",
      at: startedAt,
      callId,
      tool,
      input: { raw: state.input },
      // Its arguments are still coming: nothing runs that could be stopped.
      timeoutMs:
        part.body.tool === "bash" && state.status !== "pending" ? (input.timeoutMs ?? bashTimeoutMs) : null,
    },
  ];
  if (state.status === "completed" || state.status === "error") {
    events.push({
      type: "call_ended",
      at: state.time.end ?? startedAt,
      callId,
      tool,
      ...callEndOf(part.body.tool ?? "", state, input),
    });
    return events;
  }
  if (!context.isOpen) {
    events.push({ type: "call_ended", at: startedAt, callId, tool, outcome: "neutral", output: null });
    return events;
  }
  if (part.updatedAt > startedAt) events.push({ type: "active", at: part.updatedAt });
  if (state.status === "pending") return events;
  if (tool === "question") {
    const text = input.question ?? null;
    events.push({ type: "asked", at: startedAt, for: "question", tool, text, callId });
  } else if (tool === "plan_exit") {
    events.push({ type: "asked", at: startedAt, for: "plan_approval", tool, text: null, callId });
  } else if (waitsForPermission(part, siblings, startedAt, context)) {
    const text = input.command ?? input.description ?? null;
    events.push({ type: "asked", at: startedAt, for: "permission", tool, text, callId });
  }
  return events;
}

function callEndOf(
  tool: string,
  state: ToolState,
  input: ToolInput,
): { outcome: CallOutcome; output: { raw: string }; error: string | null } {
  const output = state.output ?? state.error ?? "";
  if (state.status === "error") {
    const error = (state.error ?? "").replace(/^Error: /, "");
    return { outcome: isRefusal(error) ? "neutral" : "failed", output: { raw: output }, error };
  }
  if (tool === "invalid") return { outcome: "failed", output: { raw: output }, error: input.error ?? output };
  const exit = state.metadata?.exit;
  if (tool !== "bash" || exit === undefined || exit === 0)
    return { outcome: "ok", output: { raw: output }, error: null };
  if (exit === null) {
    const isTimeout = /_metadata>[^<]*exceeding timeout/s.test(output);
    // Without a word about the time limit a person stopped it.
    return isTimeout
      ? { outcome: "failed", output: { raw: output }, error: "stopped after its time limit" }
      : { outcome: "neutral", output: { raw: output }, error: null };
  }
  const isEmptySearch =
    exit === 1 && output.trim() === "" && /^\s*(grep|rg|ag|ack|git\s+grep)\b/.test(input.command ?? "");
  return {
    outcome: isEmptySearch ? "ok" : "failed",
    output: { raw: output },
    error: isEmptySearch ? null : `exit ${exit}: ${output.trim().slice(-160)}`,
  };
}

// The request itself leaves no trace. From 1.14.41 a command that really started has metadata; before, a race hides it.
// Three equal calls one after the other in one message make OpenCode ask (`doom_loop`), in every version.
function waitsForPermission(
  part: PartRow,
  siblings: readonly PartRow[],
  startedAt: number,
  { session, now }: CallContext,
): boolean {
  if (now - startedAt <= startWithinMs) return false;
  if (part.body.tool === "bash" && isAtLeast(session.version, [1, 14, 41]))
    return part.body.state?.metadata === null;
  const last = siblings.slice(-3);
  return (
    last.length === 3 && last.at(-1) === part && last.every((call) => signature(call) === signature(part))
  );
}

function signature(part: PartRow): string {
  return `${part.body.tool} ${JSON.stringify(part.body.state?.input)}`;
}

function isAtLeast(version: string | null, wanted: readonly [number, number, number]): boolean {
  const found = version
    ?.match(/^(\d+)\.(\d+)\.(\d+)/)
    ?.slice(1)
    .map(Number);
  if (found === undefined) return false;
  for (const [index, part] of wanted.entries()) {
    const own = found[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

/** What a session's rows say beyond their events. */
export type Translation = {
  readonly events: readonly AgentEvent[];
  /** The agent named by the last message that names one. */
  readonly agent: string | null;
};

/**
 * Translates a session's rows. Only the last assistant message tells what runs now: tool parts of older ones that still
 * say `running` were left behind by a killed process.
 */
export function translate(session: SessionRow, conversation: Conversation, now: number): Translation {
  const { parts } = conversation;
  const messages = withoutShellMode(conversation);
  const events: AgentEvent[] = [{ type: "active", at: session.createdAt }];
  const lastAssistant = messages.findLast((message) => message.body.role === "assistant");
  const seenCalls = new Set<string>();
  let isOver = false;
  for (const message of messages) {
    const own = parts.get(message.id) ?? [];
    if (message.body.role === "user") {
      const said = userEvent(message, own);
      if (said === null) continue;
      events.push(...said);
      isOver = false;
      continue;
    }
    if (isOver) events.push({ type: "turn_started", at: message.createdAt });
    const end = endOf(message, own);
    const context: CallContext = {
      isOpen: message === lastAssistant && end === null,
      session,
      now,
      callId: (part) => uniqueId(part, seenCalls),
    };
    events.push(...stepEvents(message, own, context));
    if (end !== null) events.push(end);
    isOver = end !== null;
  }
  // Whatever it says, it came after the last end.
  if (conversation.unreadAt !== null) events.push({ type: "turn_started", at: conversation.unreadAt });
  const agents = messages.map((message) => message.body.agent ?? message.body.mode);
  return {
    events,
    agent: session.agent ?? agents.findLast((agent) => agent !== undefined && agent !== "compaction") ?? null,
  };
}

// Some providers give the same call id twice in a session; the fold would take the second for a copy of the first.
function uniqueId(part: PartRow, seen: Set<string>): string {
  const id = part.body.callID ?? part.id;
  const unique = seen.has(id) ? `${id}#${part.id}` : id;
  seen.add(id);
  return unique;
}

function userEvent(message: MessageRow, parts: readonly PartRow[]): AgentEvent[] | null {
  const at = message.body.time.created ?? message.createdAt;
  // Only asks for it: the summary that answers is what condenses.
  if (parts.some((part) => part.body.type === "compaction")) return [{ type: "turn_started", at }];
  const texts = parts.filter((part) => part.body.type === "text");
  if (texts.some((part) => isWithoutReply(part.body.text ?? ""))) return null;
  const isAutomatic =
    texts.length > 0 &&
    texts.every((part) => part.body.isSynthetic === true || isNotice(part.body.text ?? ""));
  return [{ type: isAutomatic ? "turn_started" : "user_message", at }];
}

function stepEvents(message: MessageRow, parts: readonly PartRow[], context: CallContext): AgentEvent[] {
  const events: AgentEvent[] = [{ type: "active", at: message.body.time.created ?? message.createdAt }];
  const isSummary = message.body.isSummary || message.body.mode === "compaction";
  if (isSummary && message.body.error === null) events.push({ type: "condensed", at: message.createdAt });
  let steps = 0;
  for (const part of parts) {
    const { type, time } = part.body;
    if (type === "step-start") {
      steps += 1;
      events.push(
        steps === 1
          ? { type: "active", at: part.createdAt }
          : {
              type: "provider_retry",
              at: part.createdAt,
              message: "the answer broke off and was asked for again",
              attempt: steps - 1,
              maxAttempts: null,
            },
      );
    } else if (type === "text" || type === "reasoning") {
      if (time?.end === undefined) {
        events.push({
          type: "active",
          at: Math.max(time?.start ?? part.createdAt, context.isOpen ? part.updatedAt : 0),
        });
      } else if (type === "text") events.push({ type: "said", at: time.end, text: part.body.text ?? "" });
      else events.push({ type: "active", at: time.end });
    } else if (type === "tool") events.push(...callEvents(part, parts, context));
    else if (type === "step-finish") events.push({ type: "active", at: part.createdAt });
  }
  return events;
}

/** How a message of the agent ends its turn; null when it does not. */
export function endOf(message: MessageRow, parts: readonly PartRow[]): AgentEvent | null {
  const { error, time } = message.body;
  const at = time.completed ?? message.updatedAt;
  if (error !== null) return { type: "turn_ended", at, ...failureOf(error) };
  if (time.completed === undefined) return null;
  // 1.0 has no `finish`: the last step says it.
  const finish =
    message.body.finish ?? parts.findLast((part) => part.body.type === "step-finish")?.body.reason;
  const stopped = finish === "tool-calls" ? stoppedBy(parts) : null;
  if (stopped !== null) return { type: "turn_ended", at, outcome: "cancelled", message: stopped };
  if (finish === undefined || finish === "tool-calls" || finish === "unknown") return null;
  if (finish === "length") return { type: "turn_ended", at, outcome: "success", message: "output limit" };
  if (finish === "stop") return { type: "turn_ended", at, outcome: "success", message: null };
  return { type: "turn_ended", at, outcome: "failure", message: `finished with "${finish}"` };
}

function failureOf(error: NonNullable<MessageRow["body"]["error"]>): { outcome: Outcome; message: string } {
  const name = error.name ?? "UnknownError";
  const text = error.message ?? "";
  if (name === "MessageAbortedError") return { outcome: "cancelled", message: text || "aborted" };
  if (name === "UnknownError" && /rejected permission/i.test(text))
    return { outcome: "cancelled", message: text };
  if (name === "MessageOutputLengthError") return { outcome: "failure", message: "output limit" };
  const status = error.statusCode === undefined ? "" : ` ${error.statusCode}`;
  return { outcome: "failure", message: text === "" ? `${name}${status}` : `${name}${status}: ${text}` };
}

/**
 * Translates a session's plan, its todos or else the boxes of a file; null without one. The plan's own times are those of
 * a migration as often as not: `at` is that of the last message, which is later than any change of it.
 */
export function planEvent(
  { todos, boxes }: { readonly todos: readonly TodoRow[]; readonly boxes: BoxCount | null },
  at: number,
): AgentEvent | null {
  const counted = todos.filter((todo) => todo.status !== "cancelled");
  if (counted.length > 0) {
    return {
      type: "plan_changed",
      at,
      done: counted.filter((todo) => todo.status === "completed").length,
      total: counted.length,
      step: counted.find((todo) => todo.status === "in_progress")?.content ?? null,
    };
  }
  return boxes === null ? null : { type: "plan_changed", at, ...boxes };
}

const stopping =
  /^(the user rejected permission to use this specific tool call\.( you may try again with different parameters\.)?|.*dismissed this question\.?)$/i;

/** A call that a person did not let happen, or stopped: no failure of the agent. */
export function isRefusal(error: string): boolean {
  return /rejected permission|prevents you from using|dismissed this question|^Tool execution aborted|^(The operation was )?aborted\.?$|^cancelled\.?$/i.test(
    error,
  );
}

/**
 * The words with which a person stopped a step; null when nobody did. Its message ends like one that goes on
 * (`tool-calls`), but nothing follows. A refusal with feedback, or by a rule, is an answer: the agent goes on.
 */
export function stoppedBy(parts: readonly PartRow[]): string | null {
  for (const { body } of parts) {
    if (body.state?.status !== "error") continue;
    const error = (body.state.error ?? "").replace(/^Error: /, "").trim();
    if (stopping.test(error)) return error;
    if (body.tool === "task" && /^cancelled\.?$/i.test(error)) return "its subtask was cancelled";
  }
  return null;
}

/**
 * The messages of a session without what a person ran by hand (`!command`): a user message of one fixed text, and an
 * assistant message with the command's part that never gets a `finish`. The agent has no part in it.
 */
export function withoutShellMode({ messages, parts }: Conversation): readonly MessageRow[] {
  const isShellMode = (message: MessageRow | undefined): boolean => {
    if (message?.body.role !== "user") return false;
    const own = parts.get(message.id) ?? [];
    return own.length > 0 && own.every(({ body }) => body.isSynthetic === true && body.text === shellText);
  };
  return messages.filter((message, index) => {
    const isAnswer = message.body.role === "assistant" && isShellMode(messages[index - 1]);
    return !isAnswer && !isShellMode(message);
  });
}

/** Whether a session holds nothing but what a person ran by hand. */
export function isShellModeOnly(conversation: Conversation): boolean {
  const { messages, isWhole, unreadAt } = conversation;
  if (messages.length === 0 || !isWhole || unreadAt !== null) return false;
  return withoutShellMode(conversation).length === 0;
}

const shellText = "The following tool was executed by the user";
