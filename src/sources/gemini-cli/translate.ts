import type { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { parseTime } from "../../core/text/time.ts";
import type { Dialect } from "../followed-file.ts";
import { callEvents } from "./calls.ts";
import { ChatMemory, emptyMemory, forgetTalk, type Place, seen } from "./memory.ts";
import { Change, Header, isToolResponse, Message, Rewind, textOf } from "./records.ts";

/** The lines of `chats/session-*.jsonl`. */
export const chat: Dialect<ChatMemory> = {
  memory: ChatMemory,
  begin: emptyMemory,
  translate(record, { line, fileAt }, memory) {
    const set = Change.safeParse(record).data?.$set;
    if (set !== undefined) {
      const at = parseTime(set.lastUpdated) ?? memory.lastAt ?? fileAt;
      if (set.messages === undefined) return { events: [seen({ at, line }, memory)] };
      return { events: replaceAll(set.messages, { at, line }, memory), startOver: true };
    }
    if (Rewind.safeParse(record).success) {
      // A person took the talk back to an earlier message: whatever came after it is judged no more.
      forgetTalk(memory);
      return { events: [{ type: "user_message", at: memory.lastAt ?? fileAt, line }] };
    }
    const message = Message.safeParse(record).data;
    if (message !== undefined) {
      const place = { at: parseTime(message.timestamp) ?? memory.lastAt ?? fileAt, line };
      return { events: [...readMessage(message, place, memory), seen(place, memory)] };
    }
    const header = Header.safeParse(record).data;
    if (header === undefined) return isObject(record) ? { events: [] } : null;
    memory.sessionId ??= header.sessionId;
    memory.isSubagent = header.kind === "subagent";
    const startedAt = parseTime(header.startTime);
    memory.openedAt ??= startedAt;
    return { events: startedAt === null ? [] : [seen({ at: startedAt, line }, memory)] };
  },
};

/** All events of a list of messages that takes the place of everything before it. */
function replaceAll(messages: readonly unknown[], place: Place, memory: ChatMemory): readonly AgentEvent[] {
  const { loopAt, unanswered } = memory;
  forgetTalk(memory);
  const events = messages.flatMap((item) => {
    const message = Message.safeParse(item).data;
    if (message === undefined) return [];
    const at = parseTime(message.timestamp) ?? place.at;
    return readMessage(message, { at, line: place.line }, memory);
  });
  // The remark that it stopped at a loop is taken back at once; it still stopped.
  memory.loopAt ??= loopAt;
  return [...events, ...(memory.unanswered === null ? takenBack(unanswered) : []), seen(place, memory)];
}

// A request that fails, or is cancelled, takes its prompt along out of the list, as if nobody had asked (0.61.0).
function takenBack(unanswered: ChatMemory["unanswered"]): readonly AgentEvent[] {
  if (unanswered === null) return [];
  const { at, line, text, outcome, says } = unanswered;
  const message = says ?? "its prompt was taken back without an answer";
  return [
    { type: "user_message", at, line, text },
    { type: "turn_ended", at, line, outcome: outcome ?? "failure", message },
  ];
}

function readMessage(
  message: z.infer<typeof Message>,
  place: Place,
  memory: ChatMemory,
): readonly AgentEvent[] {
  const text = textOf(message.content);
  // What the program remarks (a model chosen, a chat condensed) takes nothing back of what was said before.
  if (isRemark(message, text)) return [];
  memory.lastText = null;
  memory.unseenCall = null;
  memory.loopAt = null;
  switch (message.type) {
    case "user":
      // Results of tools, the context that the program sets up, and its own remarks are no person's words.
      if (/^System: Potential loop detected/.test(text)) memory.loopAt = place;
      if (isToolResponse(message.content) || /^(<session_context>|System: )/.test(text)) return [];
      memory.isAsked = true;
      memory.askedAt ??= place.at;
      memory.unanswered = { ...place, text, outcome: null, says: null };
      return [{ ...place, type: "user_message", text }];
    case "gemini": {
      memory.isAsked = true;
      memory.unanswered = null;
      const isRewrite = message.id === memory.lastMessageId;
      // It goes on after the error: that one did not end the turn.
      const reopened: AgentEvent[] =
        memory.isErrorLast && !isRewrite ? [{ ...place, type: "turn_started" }] : [];
      if (!isRewrite) memory.isErrorLast = false;
      memory.lastMessageId = message.id;
      const calls = message.toolCalls;
      const said: AgentEvent[] = text.trim() === "" || isRewrite ? [] : [{ ...place, type: "said", text }];
      if (calls.length === 0 && text.trim() !== "") memory.lastText = { ...place, message: text };
      if (calls.length === 0 && text.trim() === "") memory.unseenCall = place;
      const called = calls.flatMap((call, index) =>
        callEvents(call, `${message.id}#${index}`, place, memory),
      );
      return [...reopened, ...said, ...called, ...usageOf(message, place)];
    }
    case "error":
      return ended("failure", text, place, memory);
    case "info":
      if (/^Request cancelled/i.test(text)) return ended("cancelled", "request cancelled", place, memory);
      return ended("failure", text, place, memory);
    default:
      return [];
  }
}

function isRemark({ type }: z.infer<typeof Message>, text: string): boolean {
  if (type === "info") return !/^(Request cancelled|This request failed)/i.test(text);
  return !/^(user|gemini|error)$/.test(type);
}

function ended(
  outcome: "failure" | "cancelled",
  message: string,
  place: Place,
  memory: ChatMemory,
): readonly AgentEvent[] {
  if (outcome === "failure") memory.isErrorLast = true;
  if (memory.unanswered !== null) memory.unanswered = { ...memory.unanswered, outcome, says: message };
  return [{ ...place, type: "turn_ended", outcome, message }];
}

function usageOf({ id, tokens }: z.infer<typeof Message>, place: Place): AgentEvent[] {
  if (tokens == null) return [];
  const input = tokens.input + tokens.tool;
  const output = tokens.output + tokens.thoughts;
  return [{ ...place, type: "usage", id, input, output, context: input, window: null, costUsd: null }];
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
