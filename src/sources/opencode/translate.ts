import type { AgentEvent, Outcome } from "../../core/evidence/agent-event.ts";
import { type CallContext, callEvents, isAtLeast, stoppedBy } from "./calls.ts";
import type { Log } from "./log.ts";
import { isNotice, isWithoutReply } from "./notices.ts";
import type { BoxCount } from "./plan.ts";
import type { Conversation, MessageRow, PartRow, SessionRow, TodoRow } from "./records.ts";

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
export function translate(
  session: SessionRow,
  conversation: Conversation,
  { now, log }: { readonly now: number; readonly log: Log },
): Translation {
  const { parts } = conversation;
  const messages = withoutShellMode(conversation);
  const events: AgentEvent[] = [{ type: "active", at: session.createdAt }];
  const lastAssistant = messages.findLast((message) => message.body.role === "assistant");
  const seenCalls = new Set<string>();
  const isCopy = ({ createdAt }: MessageRow) => createdAt < session.createdAt;
  // A fork's own row counts what it copied, too (1.18.33).
  const used = messages.some(isCopy) ? null : session.used;
  // Of a session that was not read whole the answers read are not all that it used.
  const isCounted = conversation.isWhole || used !== null;
  let isOver = false;
  /** The parts of the step before, in the same turn. */
  let before: readonly PartRow[] = [];
  for (const message of messages) {
    const own = parts.get(message.id) ?? [];
    if (message.body.role === "user") {
      const said = userEvent(message, own);
      if (said === null) continue;
      events.push(...said);
      isOver = false;
      before = [];
      continue;
    }
    if (isOver) events.push({ type: "turn_started", at: message.createdAt });
    const end = endOf(message, own, { version: session.version, before });
    before = own;
    const context: CallContext = {
      isOpen: message === lastAssistant && end === null,
      session,
      now,
      callId: (part) => uniqueId(part, seenCalls),
      asksSince: (at) => log.asksSince(at),
    };
    const { tokens } = message.body;
    if (tokens !== null && isCounted && !isCopy(message)) {
      const at = message.body.time.completed ?? message.createdAt;
      events.push({ type: "usage", at, id: message.id, ...tokens, context: tokens.input, window: null });
    }
    if (end === null && isEmptyAnswer(message, own)) {
      events.push({ type: "empty_answer", at: message.body.time.completed ?? message.createdAt });
      continue;
    }
    events.push(...stepEvents(message, own, context));
    if (end !== null) events.push(end);
    isOver = end !== null;
  }
  if (used !== null && used.input + used.output > 0) {
    const total = { ...used, id: null, context: null, window: null, isTotal: true };
    events.push({ type: "usage", at: session.updatedAt, ...total });
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
  if (isAutomatic) return [...shellEnds(texts, at), { type: "turn_started", at }];
  return [{ type: "user_message", at, text: texts[0]?.body.text ?? null }];
}

// OpenCode 2 tells a session of its background commands: `<shell id="sh_…" state="completed" command="…">`.
function shellEnds(texts: readonly PartRow[], at: number): AgentEvent[] {
  return texts.flatMap(({ body }): AgentEvent[] => {
    const [, childId, state] = body.text?.match(/^\s*<shell id="([^"]+)" state="(\w+)"/) ?? [];
    if (childId === undefined) return [];
    const outcome = state === "completed" ? "success" : state === "error" ? "failure" : "cancelled";
    return [{ type: "child_ended", at, childId, outcome }];
  });
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
    } else if (part.body.retry !== undefined) {
      const { retry } = part.body;
      events.push({ type: "provider_retry", at: part.updatedAt, ...retry, maxAttempts: null });
    } else if (type === "tool") events.push(...callEvents(part, parts, context, `${message.id} ${steps}`));
    else if (type === "step-finish") events.push({ type: "active", at: part.createdAt });
  }
  return events;
}

/** What a message's end depends on besides itself: the version of its session, and the step before in the same turn. */
export type EndContext = { readonly version: string | null; readonly before: readonly PartRow[] };

/** A stream without a finish reason ends the turn up to the version before this one; later the model is asked again. */
const asksAgainFrom = [1, 18, 21] as const;

/** How a message of the agent ends its turn; null when it does not. */
export function endOf(
  message: MessageRow,
  parts: readonly PartRow[],
  { version, before }: EndContext,
): AgentEvent | null {
  const { error, time, isSummary, mode } = message.body;
  const at = time.completed ?? message.updatedAt;
  if (error !== null) return { type: "turn_ended", at, ...failureOf(error, parts) };
  if (time.completed === undefined) return null;
  // 1.0 has no `finish`: the last step says it.
  const finish =
    message.body.finish ?? parts.findLast((part) => part.body.type === "step-finish")?.body.reason;
  const stopped = finish === "tool-calls" ? stoppedBy(parts) : null;
  if (stopped !== null) return { type: "turn_ended", at, outcome: "cancelled", message: stopped };
  if (finish === undefined || finish === "tool-calls") return null;
  if (finish === "unknown")
    return isAtLeast(version, asksAgainFrom) || hasCall(parts) ? null : noAnswer(at, "the answer broke off");
  if (finish === "length") return noAnswer(at, "output limit");
  if (finish !== "stop")
    return { type: "turn_ended", at, outcome: "failure", message: `finished with "${finish}"` };
  const answer = lastWordsIn(parts) ?? lastWordsIn(before);
  if (answer === null && !isSummary && mode !== "compaction" && !parts.some(isUnread))
    return noAnswer(at, parts.some(({ body }) => body.type === "reasoning") ? "only thoughts" : null);
  return { type: "turn_ended", at, outcome: "success", message: null, answer: isSummary ? null : answer };
}

function noAnswer(at: number, how: string | null): AgentEvent {
  return { type: "turn_ended", at, outcome: "failure", message: how, isEmpty: true };
}

function lastWordsIn(parts: readonly PartRow[]): string | null {
  const said = parts.findLast(({ body }) => body.type === "text" && (body.text ?? "").trim() !== "");
  return said?.body.text ?? null;
}

// What it says is not known, but it says something.
function isUnread({ body }: PartRow): boolean {
  return body.type === "unread";
}

function hasCall(parts: readonly PartRow[]): boolean {
  return parts.some(({ body }) => body.type === "tool");
}

/** A step that is over, after which the model is asked again, and which has nothing in it. */
function isEmptyAnswer({ body }: MessageRow, parts: readonly PartRow[]): boolean {
  if (body.time.completed === undefined || body.isSummary || body.mode === "compaction") return false;
  return (
    !hasCall(parts) &&
    !parts.some(isUnread) &&
    !parts.some(({ body }) => /^(text|reasoning)$/.test(body.type) && (body.text ?? "").trim() !== "")
  );
}

function failureOf(
  error: NonNullable<MessageRow["body"]["error"]>,
  parts: readonly PartRow[],
): {
  outcome: Outcome;
  message: string;
  isEmpty?: boolean;
} {
  const name = error.name ?? "UnknownError";
  const text = error.message ?? "";
  // `aborted` from 2.0, where a call that a person declined ends like that, too.
  if (name === "MessageAbortedError" || name === "aborted")
    return { outcome: "cancelled", message: stoppedBy(parts) ?? (text || "aborted") };
  if (name === "UnknownError" && /rejected permission/i.test(text))
    return { outcome: "cancelled", message: text };
  if (name === "MessageOutputLengthError")
    return { outcome: "failure", message: "output limit", isEmpty: true };
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

/**
 * The messages of a session without what a person ran by hand (`!command`): a user message of one fixed text, and an
 * assistant message with the command's part that never gets a `finish`. The agent has no part in it.
 */
function withoutShellMode({ messages, parts }: Conversation): readonly MessageRow[] {
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
