import { z } from "zod";
import type { Activity, OpenCall } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { recall } from "../../core/evidence/seen-hashes.ts";
import { ownValue } from "../../core/text/fields.ts";
import { parseTime } from "../../core/text/time.ts";
import type { Dialect } from "../followed-file.ts";
import { isOlderLog } from "../launcher-log.ts";
import { planEvents } from "./plan.ts";
import { readResult } from "./records.ts";

export const LogMemory = z.object({
  sessionId: z.string().nullable(),
  /** The text of the message that is being streamed. */
  text: z.string(),
  tools: z.record(z.string(), z.string()),
});
export type LogMemory = z.infer<typeof LogMemory>;

/** The first record of a log that `gemini --output-format stream-json` wrote. */
export const LogHead = z.object({ type: z.literal("init"), session_id: z.string(), model: z.string() });

const ErrorText = z
  .object({ message: z.string().nullish().catch(null) })
  .nullish()
  .catch(null);
const Line = z.object({
  type: z.string(),
  timestamp: z.unknown().optional(),
  session_id: z.string().nullish().catch(null),
  role: z.string().nullish().catch(null),
  content: z.string().nullish().catch(null),
  tool_name: z.string().catch("tool"),
  tool_id: z.string().nullish().catch(null),
  parameters: z.unknown().optional(),
  status: z.string().nullish().catch(null),
  output: z.string().nullish().catch(null),
  error: ErrorText,
  message: z.string().nullish().catch(null),
});

const textKept = 4_000;

/** `gemini --output-format stream-json`: it shows the running tool and the end, which the chat file does not. */
export const streamLog: Dialect<LogMemory> = {
  memory: LogMemory,
  begin: () => ({ sessionId: null, text: "", tools: {} }),
  translate(record, { line, fileAt }, memory) {
    const read = Line.safeParse(record).data;
    if (read === undefined) return null;
    const place = { at: parseTime(read.timestamp) ?? fileAt, line };
    switch (read.type) {
      case "init":
        memory.sessionId = read.session_id ?? memory.sessionId;
        return { events: [{ ...place, type: "turn_started" }] };
      case "message":
        if (read.role === "user") return { events: [{ ...place, type: "user_message" }] };
        memory.text = (memory.text + (read.content ?? "")).slice(-textKept);
        return { events: [{ ...place, type: "active" }] };
      case "tool_use": {
        const callId = read.tool_id ?? null;
        if (callId !== null) memory.tools[callId] = read.tool_name;
        const input = { raw: read.parameters ?? null };
        return {
          events: [
            ...finishText(place, memory),
            { ...place, type: "call_started", callId, tool: read.tool_name, input },
            ...planEvents(read.tool_name, read.parameters, place.at, line),
          ],
        };
      }
      case "tool_result": {
        const callId = read.tool_id ?? null;
        const tool = callId === null ? "tool" : (ownValue(memory.tools, callId) ?? "tool");
        if (callId !== null) delete memory.tools[callId];
        const said = read.output ?? read.error?.message ?? null;
        const { text, ...ended } = readResult(tool, read.status ?? "success", said ?? "");
        const output = said === null && ended.outcome !== "failed" ? null : { raw: text };
        const error = read.error?.message ?? null;
        return { events: [{ ...place, type: "call_ended", callId, tool, ...ended, output, error }] };
      }
      case "result": {
        const answer = memory.text.trim() === "" ? null : memory.text;
        const isFailure = read.status === "error";
        const ended: AgentEvent = {
          ...place,
          type: "turn_ended",
          outcome: isFailure ? "failure" : "success",
          message: isFailure ? (read.error?.message ?? null) : null,
          answer,
        };
        return { events: [...finishText(place, memory), ended] };
      }
      default:
        return { events: [{ ...place, type: "active" }] };
    }
  },
};

function finishText(
  place: { readonly at: number; readonly line: number | null },
  memory: LogMemory,
): readonly AgentEvent[] {
  const { text } = memory;
  memory.text = "";
  return text.trim() === "" ? [] : [{ ...place, type: "said", text }];
}

/**
 * A chat's activity with what only the launcher's log of its session shows: the tool that runs, the end, and the words
 * that come in. The chat tells everything else better: exit codes stand in it, and it is nobody's redirection.
 */
export function withLog(chat: Activity, log: Activity): Activity {
  if (isOlderLog(log, chat)) return chat;
  const isLogNewer = (log.lastActivityAt ?? 0) > (chat.lastActivityAt ?? 0);
  const running = log.openCalls.filter((call) => isUnknown(call, chat) && isOfLastRun(call, log));
  return {
    ...chat,
    lastActivityAt: isLogNewer ? log.lastActivityAt : chat.lastActivityAt,
    // Lines of the log are no lines of the chat, which is what is named as evidence.
    lastLine: isLogNewer ? null : chat.lastLine,
    openCalls:
      log.ended === null
        ? [...chat.openCalls, ...running.map((call) => ({ ...call, line: null }))]
        : chat.openCalls,
    ended: log.ended === null ? chat.ended : { ...log.ended, line: null },
  };
}

function isUnknown({ callId }: OpenCall, { openCalls, endedIds }: Activity): boolean {
  if (callId === null) return true;
  return openCalls.every((open) => open.callId !== callId) && recall(endedIds, callId) === null;
}

// A killed run leaves its call open in a log that the next run is appended to.
function isOfLastRun({ startedAt }: OpenCall, { lastUserMessageAt }: Activity): boolean {
  return startedAt >= (lastUserMessageAt ?? 0);
}
