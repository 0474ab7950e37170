import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { commandOf } from "../../core/evidence/call-kind.ts";
import { parseTime } from "../../core/text/time.ts";
import type { ChatMemory, Place } from "./memory.ts";
import { planEvents } from "./plan.ts";
import { backgroundPid, readResult, resultText, type ToolCall } from "./records.ts";

const openCallsKept = 64;
const unfinished = /^(validating|scheduled|executing|awaiting_approval)$/;

/** A call of a message: its start, and its end when it has one. Some have no id and are known by where they stand. */
export function callEvents(
  call: ToolCall,
  standing: string,
  place: Place,
  memory: ChatMemory,
): readonly AgentEvent[] {
  const events: AgentEvent[] = [];
  const callId = call.id ?? standing;
  const key = { callId, tool: call.name };
  if (!memory.openCalls.includes(callId)) {
    const input = { raw: call.args ?? null };
    events.push({ ...place, type: "call_started", ...key, input, messageId: memory.lastMessageId });
    memory.openCalls.push(callId);
    if (memory.openCalls.length > openCallsKept) memory.openCalls.shift();
  }
  if (unfinished.test(call.status)) {
    if (call.status === "awaiting_approval")
      events.push({ ...place, type: "asked", for: "permission", ...key, text: null });
    return events;
  }
  memory.openCalls = memory.openCalls.filter((id) => id !== callId);
  const at = parseTime(call.timestamp) ?? place.at;
  const { text, ...result } = readResult(call.name, call.status, resultText(call.result));
  const ended = { callId, ...result, output: { raw: text } };
  events.push({ type: "call_ended", at, line: place.line, ...ended });
  events.push(...planEvents(call.name, call.args, at, place.line));
  const pid = backgroundPid(call.args, text);
  if (pid !== null)
    events.push({
      type: "child_started",
      at,
      line: place.line,
      childId: pid,
      kind: "shell",
      title: commandOf(call.args ?? null),
    });
  return events;
}
