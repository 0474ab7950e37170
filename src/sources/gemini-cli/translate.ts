import { z } from "zod";
import type { AgentEvent, CallOutcome } from "../../core/evidence/agent-event.ts";
import { plainText } from "../../core/text/safe-text.ts";
import { parseTime } from "../../core/text/time.ts";
import type { Dialect } from "../followed-file.ts";

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

const Todos = z.object({
  todos: z.array(z.object({ description: z.string(), status: z.string().catch("pending") })),
});
const FunctionResponse = z.object({
  functionResponse: z.object({
    response: z.object({ output: z.unknown().optional(), error: z.unknown().optional() }).catch({}),
  }),
});

/** What Gemini CLI adds below what a command printed; above it the command may print anything. */
const trailingFields =
  /(?:(?:^|\n)(?:Error|Exit Code|Signal|Background PIDs|Process Group PGID|Command exited with code): [^\n]*)+$/;

/** How a tool's result reads; `text` is without what differs from run to run. */
export type ToolResult = { readonly outcome: CallOutcome; readonly text: string };

/** The state of a `write_todos` argument; null when it is none. Cancelled ones are not part of the work. */
export function todosOf(
  tool: string,
  args: unknown,
): { readonly done: number; readonly total: number; readonly step: string | null } | null {
  const read = tool === "write_todos" ? Todos.safeParse(args).data : undefined;
  const todos = read?.todos.filter(({ status }) => status !== "cancelled") ?? [];
  if (todos.length === 0) return null;
  return {
    done: todos.filter(({ status }) => status === "completed").length,
    total: todos.length,
    step: todos.find(({ status }) => status === "in_progress")?.description ?? null,
  };
}

/** Text of a `toolCalls[].result`: the parts' outputs or errors. */
export function resultText(result: unknown): string {
  if (typeof result === "string") return result;
  if (!Array.isArray(result)) return "";
  return result
    .flatMap((part) => {
      const response = FunctionResponse.safeParse(part).data?.functionResponse.response;
      const said = response?.output ?? response?.error;
      return said === undefined ? [] : [typeof said === "string" ? said : JSON.stringify(said)];
    })
    .join("\n");
}

/** A shell command that failed is `success` too: its exit code stands inside the output. */
export function readResult(tool: string, status: string, text: string): ToolResult {
  if (status === "cancelled") return { outcome: "neutral", text };
  if (status === "error") return { outcome: "failed", text };
  if (tool !== "run_shell_command") return { outcome: "ok", text };
  const said = text.replace(/^\s*<untrusted_context>|<\/untrusted_context>\s*$/g, "").trim();
  const fields = trailingFields.exec(said)?.[0] ?? "";
  const code = /^(?:Exit Code|Command exited with code): (-?[1-9]\d*)$/m.exec(fields)?.[1] ?? null;
  const printed = said
    .slice(0, said.length - fields.length)
    .trim()
    .replace(/^Output: /, "")
    .replace(/^\(empty\)$/, "");
  if (code === null) return { outcome: "ok", text: printed };
  return { outcome: "failed", text: printed === "" ? `exit code ${code}` : printed };
}

/** A command that was started in the background names its process. */
export function backgroundPid(args: unknown, text: string): string | null {
  const isBackground =
    typeof args === "object" && args !== null && "is_background" in args && args.is_background === true;
  return isBackground ? (/\(PID: (\d+)\)/.exec(text)?.[1] ?? null) : null;
}

/** The event for a changed todo list, if this call is one. */
export function planEvents(
  tool: string,
  args: unknown,
  at: number,
  line: number | null,
): readonly AgentEvent[] {
  const plan = todosOf(tool, args);
  return plan === null ? [] : [{ type: "plan_changed", at, line, ...plan }];
}
