import { z } from "zod";
import type { AgentEvent } from "../../core/agent-event.ts";
import { plainText } from "../../core/plain-text.ts";
import type { Dialect } from "../followed-file.ts";
import { killed, readOutput } from "./call-output.ts";
import { childrenInItem } from "./children.ts";
import type { Place } from "./memory.ts";
import { streamError } from "./turn-event.ts";

/** What a line of `codex exec --json` needs to know of those before it. */
export const LogMemory = z.object({
  threadId: z.string().nullable(),
  open: z.array(z.string()),
  lastText: z.string().nullable(),
  /** The last record is an error, which ends the turn if nothing follows it. */
  isErrorLast: z.boolean(),
  /** Somebody outside ended the last command. */
  isLastCallKilled: z.boolean(),
});
export type LogMemory = z.infer<typeof LogMemory>;

const Line = z.object({
  type: z.string(),
  thread_id: z.string().nullish().catch(null),
  message: z.string().nullish().catch(null),
  error: z
    .object({ message: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  item: z.unknown().optional(),
});
const Item = z.object({
  id: z.string(),
  type: z.string(),
  command: z.string().nullish().catch(null),
  aggregated_output: z.string().nullish().catch(null),
  exit_code: z.number().nullish().catch(null),
  status: z.string().nullish().catch(null),
  text: z.string().nullish().catch(null),
  tool: z.string().nullish().catch(null),
  items: z
    .array(z.object({ text: z.string(), completed: z.boolean() }))
    .nullish()
    .catch(null),
  changes: z.unknown().optional(),
  arguments: z.unknown().optional(),
});
type Item = z.infer<typeof Item>;

const openKept = 64;

/** The first record of a log that `codex exec --json` wrote. */
export const LogHead = z.object({ type: z.literal("thread.started"), thread_id: z.string() });

/** `codex exec --json`. Its records carry no time: the file's modification is the only clock. */
export const execLog: Dialect<LogMemory> = {
  memory: LogMemory,
  begin: () => ({ threadId: null, open: [], lastText: null, isErrorLast: false, isLastCallKilled: false }),
  translate(record, { line, fileAt }, memory) {
    const read = Line.safeParse(record).data;
    if (read === undefined) return null;
    const place = { at: fileAt, line };
    const active: AgentEvent = { ...place, type: "active" };
    const reopened: AgentEvent[] = memory.isErrorLast ? [{ ...place, type: "turn_started" }] : [];
    memory.isErrorLast = false;
    switch (read.type) {
      case "thread.started":
        memory.threadId = read.thread_id ?? memory.threadId;
        return { events: [{ ...place, type: "user_message" }] };
      case "turn.started":
        memory.isLastCallKilled = false;
        return { events: [{ ...place, type: "turn_started" }] };
      case "turn.completed":
        return { events: [...closeAll(memory, place), completed(memory, place)] };
      case "turn.failed":
        return { events: [...closeAll(memory, place), failed(read.error?.message ?? null, place)] };
      case "error": {
        const message = read.message ?? "error";
        if (/re-?connecting|retrying \d+\/\d+/i.test(message))
          return { events: [...reopened, streamError(message, place)] };
        memory.isErrorLast = true;
        return { events: [failed(message, place)] };
      }
      default: {
        const item = Item.safeParse(read.item).data;
        const events = item === undefined ? [] : itemEvents(read.type, item, place, memory);
        return { events: [...reopened, ...(events.length === 0 ? [active] : events)] };
      }
    }
  },
};

function itemEvents(type: string, item: Item, place: Place, memory: LogMemory): readonly AgentEvent[] {
  const isOver = type === "item.completed";
  switch (item.type) {
    case "todo_list": {
      const items = item.items ?? [];
      if (items.length === 0) return [];
      const done = items.filter(({ completed }) => completed).length;
      return [{ ...place, type: "plan_changed", done, total: items.length, step: null }];
    }
    case "agent_message":
      if (!isOver) return [];
      memory.lastText = plainText(item.text ?? "");
      return [{ ...place, type: "said", text: item.text ?? "" }];
    case "command_execution":
      return callEvents("shell", { command: item.command ?? "" }, isOver, item, place, memory);
    case "file_change":
      return callEvents("apply_patch", item.changes ?? null, isOver, item, place, memory);
    case "mcp_tool_call":
      return callEvents(item.tool ?? "mcp", item.arguments ?? null, isOver, item, place, memory);
    case "collab_tool_call":
      return [
        ...callEvents(agentTool(item.tool), null, isOver, item, place, memory),
        ...childrenInItem(item, place),
      ];
    default:
      return [];
  }
}

function callEvents(
  tool: string,
  input: unknown,
  isOver: boolean,
  item: Item,
  place: Place,
  memory: LogMemory,
): readonly AgentEvent[] {
  // Item ids begin anew in every run that is appended to the log.
  const callId = `${memory.threadId ?? ""}:${item.id}`;
  const events: AgentEvent[] = [];
  if (!memory.open.includes(callId)) {
    events.push({ ...place, type: "call_started", callId, tool, input: { raw: input } });
    memory.open.push(callId);
    if (memory.open.length > openKept) memory.open.shift();
  }
  if (!isOver) return events;
  memory.open = memory.open.filter((open) => open !== callId);
  const hasFailed = (item.exit_code ?? 0) !== 0 || /^(failed|declined)$/.test(item.status ?? "");
  const output = item.aggregated_output;
  memory.isLastCallKilled = hasFailed && readOutput(output ?? "", tool).isKilled;
  return [
    ...events,
    {
      ...place,
      type: "call_ended",
      callId,
      outcome: item.status === "declined" ? "neutral" : hasFailed ? "failed" : "ok",
      output: output == null ? null : { raw: output },
      error: hasFailed && !output ? `exit code ${item.exit_code ?? "unknown"}` : null,
    },
  ];
}

function agentTool(tool: string | null | undefined): string {
  return tool === "wait" ? "wait_agent" : (tool ?? "agent");
}

// A command that still runs when the turn ends is ended with it, and nothing more is written about it.
function closeAll(memory: LogMemory, place: Place): readonly AgentEvent[] {
  const open = memory.open;
  memory.open = [];
  return open.map((callId) => ({ ...place, type: "call_ended", callId, outcome: "neutral", output: null }));
}

// What an interrupt or a kill cut short is completed for the program, too.
function completed({ isLastCallKilled, lastText: answer }: LogMemory, place: Place): AgentEvent {
  return isLastCallKilled
    ? { ...place, type: "turn_ended", outcome: "cancelled", message: killed }
    : { ...place, type: "turn_ended", outcome: "success", message: null, answer };
}

function failed(message: string | null, place: Place): AgentEvent {
  return { ...place, type: "turn_ended", outcome: "failure", message };
}
