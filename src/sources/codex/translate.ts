import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { plainText } from "../../core/text/safe-text.ts";
import { parseTime } from "../../core/text/time.ts";
import type { Dialect } from "../followed-file.ts";
import { callEnded, callStarted, killed } from "./calls.ts";
import { childrenInNotice } from "./children.ts";
import { emptyMemory, goneOn, Memory, type Place } from "./memory.ts";
import type { SessionMeta } from "./paths.ts";
import { proposedPlan } from "./plan.ts";
import { endEarlierTurns, endShells, turnEvent, userMessage } from "./turns.ts";

const Line = z.looseObject({
  timestamp: z.unknown().optional(),
  type: z.string().optional(),
  payload: z.unknown().optional(),
});
const Item = z.looseObject({ type: z.string() });
const Message = z.object({
  role: z.string(),
  content: z.array(z.object({ text: z.string().catch("") })).catch([]),
});

/** The lines of a session's rollout, of every version that was seen. */
export const rollout = (
  session: Pick<SessionMeta, "version" | "isInteractive" | "isChild">,
): Dialect<Memory> => ({
  memory: Memory,
  begin: () => ({
    ...emptyMemory(),
    // A sub-agent's process is its parent's, which goes on.
    isOneShot: !session.isInteractive && !session.isChild,
    tellsErrors: tellsErrors(session.version),
  }),
  translate(record, { line, fileAt, activity }, memory) {
    const read = Line.safeParse(record);
    if (!read.success) return null;
    const { type, payload, timestamp } = read.data;
    const place = { at: parseTime(timestamp) ?? fileAt, line };
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

function readMessage(item: unknown, place: Place, memory: Memory, isBare: boolean): readonly AgentEvent[] {
  const message = Message.safeParse(item);
  if (!message.success) return [];
  const text = message.data.content.map((part) => part.text).join("\n");
  if (message.data.role === "assistant") {
    const outcome = memory.isLastCallKilled ? "cancelled" : "success";
    memory.weakEnd = { ...place, outcome, message: outcome === "cancelled" ? killed : plainText(text) };
    const plan = proposedPlan(text);
    if (plan !== null) memory.plan = plainText(plan);
    return [...goneOn(place, memory), { ...place, type: "said", text }];
  }
  if (message.data.role !== "user") return [];
  if (text.startsWith("<subagent_notification>")) return childrenInNotice(text, place);
  if (text.startsWith("<user_shell_command>")) memory.needsNoAnswer = true;
  // Wrapped files say `user_message` beside it; what Codex itself puts before the model begins with a tag or a heading.
  if (!isBare || text.startsWith("<") || text.startsWith("# AGENTS.md")) return [];
  return userMessage(text, place, memory);
}
