import type { AgentEvent } from "../../core/agent-event.ts";
import type { Place } from "./place.ts";
import { planEvent, planOfTodoCall } from "./plan.ts";

/** How long a Bash call may run where it names no limit of its own (signals.md, 6). */
const defaultBashTimeoutMs = 120_000;

/** The start of a call, and what it says of the plan or asks of a person. */
export function fromCall(tool: string, callId: string | null, input: unknown, place: Place): AgentEvent[] {
  const { at, line } = place;
  const events: AgentEvent[] = [
    {
      type: "call_started",
      at,
      line,
      callId,
      tool,
      input: { raw: input },
      timeoutMs: timeoutOf(tool, input),
    },
  ];
  const plan = tool === "TodoWrite" ? planOfTodoCall(input) : null;
  if (plan !== null) events.push(planEvent(plan, at, line));
  if (tool === "AskUserQuestion")
    events.push({ type: "asked", at, line, for: "question", tool, text: questionOf(input), callId });
  if (tool === "ExitPlanMode")
    events.push({ type: "asked", at, line, for: "plan_approval", tool, text: null, callId });
  return events;
}

function timeoutOf(tool: string, input: unknown): number | null {
  if (tool !== "Bash" || typeof input !== "object" || input === null) return null;
  if ("run_in_background" in input && input.run_in_background === true) return null;
  return "timeout" in input && typeof input.timeout === "number" ? input.timeout : defaultBashTimeoutMs;
}

function questionOf(input: unknown): string | null {
  if (typeof input !== "object" || input === null || !("questions" in input)) return null;
  if (!Array.isArray(input.questions)) return null;
  const [first]: unknown[] = input.questions;
  if (typeof first !== "object" || first === null || !("question" in first)) return null;
  return typeof first.question === "string" ? first.question : null;
}
