import { z } from "zod";
import type { AgentEvent } from "../../core/agent-event.ts";
import { plainText } from "../../core/plain-text.ts";
import { parseTime } from "../../core/time.ts";
import type { Dialect } from "../followed-file.ts";
import { backgroundPid, planEvents, readResult, resultText } from "./tool-call.ts";

/** What a record of a chat file needs to know of those before it. Bounded. */
export const ChatMemory = z.object({
  sessionId: z.string().nullable(),
  isSubagent: z.boolean(),
  title: z.string().nullable(),
  lastAt: z.number().nullable(),
  /** The agent's last message, so that its rewriting is not a second one. */
  lastMessageId: z.string().nullable(),
  /** An error was written, and nothing of the agent after it. */
  isErrorLast: z.boolean(),
  openCalls: z.array(z.string()),
  /** The last message is the agent's text without a tool call: the turn is over, or a tool runs unseen. */
  lastText: z.object({ at: z.number(), line: z.number().nullable(), message: z.string() }).nullable(),
});
export type ChatMemory = z.infer<typeof ChatMemory>;

const Header = z.object({
  sessionId: z.string(),
  startTime: z.unknown().optional(),
  kind: z.string().nullish().catch(null),
});
const Change = z.object({
  $set: z.object({ messages: z.array(z.unknown()).optional(), lastUpdated: z.unknown().optional() }),
});
const Rewind = z.object({ $rewindTo: z.string() });
const Parts = z.array(z.object({ text: z.string().nullish(), functionResponse: z.unknown().optional() }));
const ToolCall = z.object({
  id: z.string(),
  name: z.string(),
  args: z.unknown().optional(),
  status: z.string().catch("executing"),
  result: z.unknown().optional(),
  timestamp: z.unknown().optional(),
});
type ToolCall = z.infer<typeof ToolCall>;
const Message = z.object({
  id: z.string(),
  type: z.string(),
  timestamp: z.unknown().optional(),
  content: z.unknown().optional(),
  toolCalls: z.array(z.unknown()).nullish().catch(null),
});
/** Versions before the line format: the whole chat as one object, a header with its messages in it. */
export const WholeChat = Header.extend({
  lastUpdated: z.unknown().optional(),
  messages: z.array(z.unknown()),
});

type Place = { readonly at: number; readonly line: number | null };

const titleLimit = 80;
const openCallsKept = 64;
const unfinished = /^(validating|scheduled|executing|awaiting_approval)$/;

/** The lines of `chats/session-*.jsonl`. */
export const chat: Dialect<ChatMemory> = {
  memory: ChatMemory,
  begin: () => ({
    sessionId: null,
    isSubagent: false,
    title: null,
    lastAt: null,
    lastMessageId: null,
    isErrorLast: false,
    openCalls: [],
    lastText: null,
  }),
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
    return { events: startedAt === null ? [] : [seen({ at: startedAt, line }, memory)] };
  },
};

/** All events of a list of messages that takes the place of everything before it. */
function replaceAll(messages: readonly unknown[], place: Place, memory: ChatMemory): readonly AgentEvent[] {
  forgetTalk(memory);
  return [
    ...messages.flatMap((item) => {
      const message = Message.safeParse(item).data;
      if (message === undefined) return [];
      const at = parseTime(message.timestamp) ?? place.at;
      return readMessage(message, { at, line: place.line }, memory);
    }),
    seen(place, memory),
  ];
}

function readMessage(
  message: z.infer<typeof Message>,
  place: Place,
  memory: ChatMemory,
): readonly AgentEvent[] {
  memory.lastText = null;
  const text = textOf(message.content);
  switch (message.type) {
    case "user":
      // Results of tools, the context that the program sets up, and its own remarks are no person's words.
      if (isToolResponse(message.content) || /^(<session_context>|System: )/.test(text)) return [];
      memory.title ??= text.trim() === "" ? null : plainText(text, titleLimit);
      return [{ ...place, type: "user_message" }];
    case "gemini": {
      const isRewrite = message.id === memory.lastMessageId;
      // It goes on after the error: that one did not end the turn.
      const reopened: AgentEvent[] =
        memory.isErrorLast && !isRewrite ? [{ ...place, type: "turn_started" }] : [];
      if (!isRewrite) memory.isErrorLast = false;
      memory.lastMessageId = message.id;
      const calls = message.toolCalls?.flatMap((call) => ToolCall.safeParse(call).data ?? []) ?? [];
      const said: AgentEvent[] = text.trim() === "" || isRewrite ? [] : [{ ...place, type: "said", text }];
      if (calls.length === 0 && text.trim() !== "") memory.lastText = { ...place, message: plainText(text) };
      return [...reopened, ...said, ...calls.flatMap((call) => callEvents(call, place, memory))];
    }
    case "error":
      memory.isErrorLast = true;
      return [{ ...place, type: "turn_ended", outcome: "failure", message: text }];
    case "info":
      if (/^Request cancelled/i.test(text))
        return [{ ...place, type: "turn_ended", outcome: "cancelled", message: text }];
      if (!/^This request failed/i.test(text)) return [];
      memory.isErrorLast = true;
      return [{ ...place, type: "turn_ended", outcome: "failure", message: text }];
    default:
      return [];
  }
}

function callEvents(call: ToolCall, place: Place, memory: ChatMemory): readonly AgentEvent[] {
  const events: AgentEvent[] = [];
  const key = { callId: call.id, tool: call.name };
  if (!memory.openCalls.includes(call.id)) {
    events.push({ ...place, type: "call_started", ...key, input: { raw: call.args ?? null } });
    memory.openCalls.push(call.id);
    if (memory.openCalls.length > openCallsKept) memory.openCalls.shift();
  }
  if (unfinished.test(call.status)) {
    if (call.status === "awaiting_approval")
      events.push({ ...place, type: "asked", for: "permission", ...key, text: null });
    return events;
  }
  memory.openCalls = memory.openCalls.filter((id) => id !== call.id);
  const at = parseTime(call.timestamp) ?? place.at;
  const { outcome, text } = readResult(call.name, call.status, resultText(call.result));
  events.push({ type: "call_ended", at, line: place.line, callId: call.id, outcome, output: { raw: text } });
  events.push(...planEvents(call.name, call.args, at, place.line));
  const pid = backgroundPid(call.args, text);
  if (pid !== null)
    events.push({ type: "child_started", at, line: place.line, childId: pid, kind: "shell", title: null });
  return events;
}

function seen(place: Place, memory: ChatMemory): AgentEvent {
  memory.lastAt = Math.max(memory.lastAt ?? 0, place.at);
  return { ...place, type: "active" };
}

function forgetTalk(memory: ChatMemory): void {
  Object.assign(memory, { lastMessageId: null, isErrorLast: false, openCalls: [], lastText: null });
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = Parts.safeParse(content).data ?? [];
  return parts.map((part) => part.text ?? "").join("");
}

function isToolResponse(content: unknown): boolean {
  return Parts.safeParse(content).data?.some((part) => part.functionResponse !== undefined) ?? false;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
