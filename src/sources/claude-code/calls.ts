import type { AgentEvent, CallOutcome, Outcome } from "../../core/evidence/agent-event.ts";
import { openCallOf } from "../../core/evidence/observe-call.ts";
import { recordOf, stringIn } from "../../core/text/fields.ts";
import { isTime, parseTime } from "../../core/text/time.ts";
import { noteDenied, type Place } from "./memory.ts";
import { planEvent, planOfTodoCall } from "./plan.ts";
import { type Block, type ClaudeRecord, flag, taskOutcome, text, textOf } from "./records.ts";
import { scheduled, unscheduled } from "./schedule-calls.ts";

/** What a result says beside its text: the fields in use. */
function resultIn(raw: unknown) {
  const result = recordOf(raw) ?? {};
  const task = recordOf(result.task) ?? {};
  return {
    backgroundTaskId: text(result.backgroundTaskId),
    status: text(result.status),
    isAsync: flag(result.isAsync),
    agentId: text(result.agentId),
    description: text(result.description),
    shellId: text(result.shellId),
    shell_id: text(result.shell_id),
    task_id: text(result.task_id),
    taskId: text(result.taskId),
    runId: text(result.runId),
    /** When a wake-up will come (2.1.330). */
    scheduledFor: result.scheduledFor,
    task: { task_id: text(task.task_id), status: text(task.status) },
  };
}
type Result = ReturnType<typeof resultIn>;

// They say nothing about the work; plan tools are known to the core.
const neutralTools = /^(ToolSearch|AskUserQuestion)$/;
const rejection = /^(The user doesn't want to (proceed|take)|\[Request interrupted|Request interrupted)/;
// It was given up with the batch that it was a part of.
const givenUp = /^(<tool_use_error>)?(Cancelled: parallel tool call|Sibling tool call errored)/;
// Settings said no, or a run without anybody to ask was not allowed to.
const refused = /^(Claude requested permissions? to |Permission to use .+ has been denied)/;
// 2.1.330 refuses this command as such: one failure that means nothing.
const refusedSleep = /Blocked: standalone sleep/;
const stopTools = /^(KillShell|KillBash|TaskStop)$/;
const backgroundId =
  /^Command (?:running in background with|was manually backgrounded by user with|did not complete within its \w+ timeout and was moved to the background \()\s*ID: ([\w-]+)/;

/** The end of a call, and what it left running. */
export function fromToolResult(
  block: Block,
  record: ClaudeRecord,
  rawResult: unknown,
  place: Place,
): AgentEvent[] {
  const { at, line, activity } = place;
  const callId = block.tool_use_id ?? null;
  const call = openCallOf(activity, callId);
  const said = textOf(block.content);
  const result = resultIn(rawResult);
  const outcome = outcomeOf(block, record, rawResult, said, call?.tool ?? "");
  if (block.is_error === true && isRefused(record, said)) noteDenied(place.state, callId);
  const events: AgentEvent[] = [
    {
      type: "call_ended",
      at,
      line,
      callId,
      outcome,
      output: { raw: said },
      error: outcome === "failed" ? said.replace(/<\/?tool_use_error>/g, "") : null,
    },
  ];
  if (call?.tool === wakeTool && outcome === "ok")
    events.push({
      type: "asleep",
      at,
      line,
      untilAt: timeOf(result.scheduledFor),
      reason: place.state.wakeReason,
    });
  if (call?.tool === "CronCreate" && outcome === "ok") events.push(...scheduled(rawResult, place));
  const begun = (childId: string, kind: "agent" | "shell", title: string | null, since = at): AgentEvent => ({
    type: "child_started",
    at: since,
    line,
    childId,
    kind,
    title,
  });
  if (call?.tool === "Monitor" && outcome === "ok" && result.taskId !== undefined)
    // It reports by itself: who asks it all the same goes round.
    events.push(begun(result.taskId, "agent", call.target ?? "a watch"));
  const shellId = result.backgroundTaskId ?? said.match(backgroundId)?.[1];
  if (shellId !== undefined) events.push(begun(shellId, "shell", call?.target ?? null));
  // A workflow is told of by its task; its agents' files lie in the folder of its run.
  if (result.taskId !== undefined && result.runId !== undefined && result.status === "async_launched") {
    place.state.runs[result.runId] = result.taskId;
    events.push(begun(result.taskId, "agent", "a workflow"));
  }
  if (result.agentId !== undefined && (result.isAsync === true || result.status === "async_launched"))
    events.push(begun(result.agentId, "agent", result.description ?? null));
  else {
    // A sub-agent that its call waited for was not launched before.
    const childId = result.agentId;
    const isNew = childId !== undefined && !activity.children.some(({ id }) => id === childId);
    if (isNew && taskOutcome(result.status) !== null)
      events.push(begun(childId, "agent", result.description ?? null, call?.startedAt));
    for (const [childId, childOutcome] of endedChildren(result, outcome === "ok" ? call?.tool : undefined))
      events.push({ type: "child_ended", at, line, childId, outcome: childOutcome });
  }
  return events;
}

/** The background work that a result tells the end of; `tool`: whose result it is, when it worked. */
function endedChildren(result: Result, tool: string | undefined): [id: string, outcome: Outcome][] {
  const isStopped = stopTools.test(tool ?? "");
  const said = isStopped ? "stopped" : (result.task.status ?? result.status);
  const outcome = taskOutcome(said);
  const ids = [result.agentId, result.shellId, result.task.task_id];
  const stopped = isStopped ? [result.shell_id, result.task_id] : [];
  return outcome === null
    ? []
    : [...ids, ...stopped].flatMap((id) => (id === undefined ? [] : [[id, outcome]]));
}

function isRefused({ permissionDecision }: ClaudeRecord, text: string): boolean {
  return (
    (permissionDecision?.decision === "reject" && permissionDecision.source === "config") ||
    refused.test(text)
  );
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
    rejection.test(text) ||
    givenUp.test(text)
  )
    return "neutral";
  if (neutralTools.test(tool) || (block.is_error === true && refusedSleep.test(text))) return "neutral";
  return block.is_error === true ? "failed" : "ok";
}

const wakeTool = "ScheduleWakeup";

function timeOf(moment: unknown): number | null {
  if (typeof moment === "string") return parseTime(moment);
  return typeof moment === "number" && isTime(moment) ? moment : null;
}

/** The start of a call, and what it says of the plan or asks of a person. */
export function fromCall(tool: string, callId: string | null, input: unknown, place: Place): AgentEvent[] {
  const { at, line, state } = place;
  const events: AgentEvent[] = [
    {
      type: "call_started",
      at,
      line,
      callId,
      tool,
      input: { raw: input },
      messageId: state.messageId,
      timeoutMs: timeoutOf(tool, input),
    },
  ];
  if (tool === wakeTool) state.wakeReason = stringIn(input, "reason") ?? null;
  if (tool === "CronCreate") state.cron = stringIn(input, "cron") ?? null;
  if (tool === "CronDelete") events.push(...unscheduled(stringIn(input, "id"), place));
  const plan = tool === "TodoWrite" ? planOfTodoCall(input) : null;
  if (plan !== null) events.push(planEvent(plan, at, line));
  if (tool === "AskUserQuestion")
    events.push({ type: "asked", at, line, for: "question", tool, text: questionOf(input), callId });
  if (tool === "ExitPlanMode")
    events.push({ type: "asked", at, line, for: "plan_approval", tool, text: null, callId });
  return events;
}

// Where it names none a person's settings tell, which nobody writes down.
function timeoutOf(tool: string, input: unknown): number | null {
  if (tool !== "Bash" || typeof input !== "object" || input === null) return null;
  if ("run_in_background" in input && input.run_in_background === true) return null;
  return "timeout" in input && typeof input.timeout === "number" ? input.timeout : null;
}

function questionOf(input: unknown): string | null {
  if (typeof input !== "object" || input === null || !("questions" in input)) return null;
  if (!Array.isArray(input.questions)) return null;
  const [first]: unknown[] = input.questions;
  if (typeof first !== "object" || first === null || !("question" in first)) return null;
  return typeof first.question === "string" ? first.question : null;
}
