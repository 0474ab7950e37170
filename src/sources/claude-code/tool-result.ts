import { z } from "zod";
import type { AgentEvent, CallOutcome } from "../../core/agent-event.ts";
import { plainKey } from "../../core/plain-text.ts";
import { taskOutcome } from "./notifications.ts";
import type { Place } from "./place.ts";
import { type Block, type ClaudeRecord, textOf } from "./record.ts";

const Result = z.object({
  backgroundTaskId: z.string().optional(),
  status: z.string().optional(),
  isAsync: z.boolean().optional(),
  agentId: z.string().optional(),
  description: z.string().optional(),
  shellId: z.string().optional(),
});

// They say nothing about the work (signals.md, "consecutive failures"); plan tools are known to the core.
const neutralTools = /^(ToolSearch|AskUserQuestion)$/;
const rejection = /^(The user doesn't want to (proceed|take)|\[Request interrupted|Request interrupted)/;
// 2.1.330 refuses this command as such: one failure that means nothing.
const refusedSleep = /Blocked: standalone sleep/;
const backgroundId = /^Command (?:running in background|was manually backgrounded by user) with ID: ([\w-]+)/;

/** The end of a call, and what it left running. */
export function fromToolResult(
  block: Block,
  record: ClaudeRecord,
  rawResult: unknown,
  place: Place,
): AgentEvent[] {
  const { at, line, activity } = place;
  const callId = block.tool_use_id ?? null;
  const call = activity.openCalls.findLast((open) => callId !== null && open.callId === plainKey(callId));
  const text = textOf(block.content);
  const parsed = Result.safeParse(rawResult);
  const result = parsed.success ? parsed.data : {};
  const outcome = outcomeOf(block, record, rawResult, text, call?.tool ?? "");
  const events: AgentEvent[] = [
    {
      type: "call_ended",
      at,
      line,
      callId,
      outcome,
      output: { raw: text },
      error: outcome === "failed" ? text.replace(/<\/?tool_use_error>/g, "") : null,
    },
  ];
  const shellId = result.backgroundTaskId ?? text.match(backgroundId)?.[1];
  if (shellId !== undefined)
    events.push({
      type: "child_started",
      at,
      line,
      childId: shellId,
      kind: "shell",
      title: call?.target ?? null,
    });
  const childOutcome = taskOutcome(result.status);
  if (result.agentId !== undefined && (result.isAsync === true || result.status === "async_launched"))
    events.push({
      type: "child_started",
      at,
      line,
      childId: result.agentId,
      kind: "agent",
      title: result.description ?? null,
    });
  else if (childOutcome !== null)
    for (const childId of [result.agentId, result.shellId])
      if (childId !== undefined)
        events.push({ type: "child_ended", at, line, childId, outcome: childOutcome });
  return events;
}

function outcomeOf(
  block: Block,
  record: ClaudeRecord,
  result: unknown,
  text: string,
  tool: string,
): CallOutcome {
  if (
    record.toolDenialKind?.startsWith("user") === true ||
    result === "User rejected tool use" ||
    rejection.test(text)
  )
    return "neutral";
  if (neutralTools.test(tool) || (block.is_error === true && refusedSleep.test(text))) return "neutral";
  return block.is_error === true ? "failed" : "ok";
}
