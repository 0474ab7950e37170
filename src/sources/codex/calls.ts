import { z } from "zod";
import type { AgentEvent } from "../../core/agent-event.ts";
import { commandOf } from "../../core/call-kind.ts";
import { ownValue } from "../../core/fields.ts";
import { parseJson } from "../../core/parse-json.ts";
import { plainText } from "../../core/plain-text.ts";
import { isScriptOutput, readOutput } from "./call-output.ts";
import { childrenInOutput } from "./children.ts";
import { type Memory, note, type Place, take } from "./memory.ts";
import { planOf } from "./plan.ts";
import { callsInside, comparable } from "./script.ts";
import { goneOn } from "./turn-error.ts";

const Call = z.object({
  call_id: z.string().nullish().catch(null),
  id: z.string().nullish().catch(null),
  name: z.string().catch("local_shell"),
  arguments: z.unknown().optional(),
  input: z.unknown().optional(),
  action: z.unknown().optional(),
});
const Output = z.object({ call_id: z.string(), output: z.unknown().optional() });
const Fields = z.object({
  timeout_ms: z.number().nullish().catch(null),
  timeout: z.number().nullish().catch(null),
  yield_time_ms: z.number().nullish().catch(null),
  session_id: z.union([z.string(), z.number()]).nullish().catch(null),
  cell_id: z.union([z.string(), z.number()]).nullish().catch(null),
  questions: z
    .array(z.object({ question: z.string() }))
    .nullish()
    .catch(null),
});

/** `function_call`, `custom_tool_call`, `local_shell_call`: what the agent asked for, with the plan or question in it. */
export function callStarted(payload: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const call = Call.parse(payload);
  const callId = call.call_id ?? call.id ?? null;
  const { tool, raw, plans } = requestOf(call);
  const fields = Fields.safeParse(raw).data;
  // Whatever kind of turn it was, now the agent works in it.
  memory.needsNoAnswer = false;
  // Nor does it wait for a person to approve what it said before.
  memory.plan = null;
  const command = commandOf(raw);
  if (callId !== null) note(memory.tools, callId, plainText(tool, 60));
  if (callId !== null && command !== null) note(memory.commands, callId, plainText(command));
  const polled = fields?.session_id ?? fields?.cell_id;
  if (callId !== null && polled != null) note(memory.polls, callId, String(polled));
  const events: AgentEvent[] = [...goneOn(place, memory)];
  events.push({
    ...place,
    type: "call_started",
    callId,
    tool,
    input: { raw },
    // A command goes on in the background after `yield_time_ms`: its call is over by then.
    timeoutMs: fields?.timeout_ms ?? fields?.timeout ?? fields?.yield_time_ms ?? null,
  });
  for (const plan of plans) {
    const changed = planOf(plan);
    if (changed !== null) events.push({ ...place, type: "plan_changed", ...changed });
  }
  if (tool === "request_user_input") {
    const text = fields?.questions?.map(({ question }) => question).join(" ") ?? null;
    events.push({ ...place, type: "asked", for: "question", tool, text, callId });
  }
  return events;
}

/** `…_call_output`: how the call ended, and which background work it left or ended. */
export function callEnded(payload: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const ended = Output.safeParse(payload).data;
  if (ended === undefined) return [];
  const { call_id: callId, output } = ended;
  const read = readOutput(output, take(memory.tools, callId));
  const scriptVerdict = memory.scriptVerdict;
  memory.scriptVerdict = null;
  const verdict = take(memory.verdicts, callId) ?? (isScriptOutput(output) ? scriptVerdict : null);
  const outcome = read.isCertain ? read.outcome : (verdict ?? read.outcome);
  const command = take(memory.commands, callId);
  const polled = take(memory.polls, callId);
  memory.isLastCallKilled = read.isKilled;
  const events: AgentEvent[] = [
    { ...place, type: "call_ended", callId, outcome, output: { raw: read.text } },
    ...childrenInOutput(output, place),
  ];
  if (read.runningAs !== null && ownValue(memory.background, read.runningAs) === undefined) {
    note(memory.background, read.runningAs, true);
    events.push({
      ...place,
      type: "child_started",
      childId: read.runningAs,
      kind: "shell",
      title: command,
    });
  }
  if (polled !== null && read.runningAs === null && take(memory.background, polled) !== null) {
    events.push({
      ...place,
      type: "child_ended",
      childId: polled,
      outcome: outcome === "failed" ? "failure" : "success",
    });
  }
  return events;
}

type Request = { readonly tool: string; readonly raw: unknown; readonly plans: readonly unknown[] };

function requestOf(call: z.infer<typeof Call>): Request {
  if (call.name === "exec" && typeof call.input === "string") return scriptRequest(call.input);
  if (call.action !== undefined) return { tool: call.name, raw: call.action, plans: [] };
  const raw =
    typeof call.arguments === "string"
      ? (parseJson(call.arguments) ?? call.arguments)
      : (call.arguments ?? call.input ?? null);
  return { tool: call.name, raw, plans: call.name === "update_plan" ? [raw] : [] };
}

// A script with one tool call in it is that call; the script's text stays part of what is compared.
function scriptRequest(script: string): Request {
  const calls = callsInside(script);
  const plans = calls.filter(({ name }) => name === "update_plan").map(({ input }) => input);
  const only = calls.length === 1 ? calls[0] : undefined;
  const fields = only !== undefined && typeof only.input === "object" && only.input !== null;
  return {
    tool: only?.name ?? "exec",
    raw: { ...(fields ? only.input : {}), script: comparable(script) },
    plans,
  };
}
