import type { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { commandOf } from "../../core/evidence/call-kind.ts";
import { ownValue, parseJson } from "../../core/text/fields.ts";
import { cutOff } from "../cut-off.ts";
import { childrenInOutput, endShells } from "./children.ts";
import { goneOn, type Memory, note, type Place, take } from "./memory.ts";
import { goalAnswered, planOf } from "./plan.ts";
import { Call, CallFields, isScriptOutput, Output, readOutput } from "./records.ts";

/** `function_call`, `custom_tool_call`, `local_shell_call`: what the agent asked for, with the plan or question in it. */
export function callStarted(payload: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const call = Call.parse(payload);
  const callId = call.call_id ?? call.id ?? null;
  const { tool, raw, plans } = requestOf(call);
  const fields = CallFields.safeParse(raw).data;
  // Whatever kind of turn it was, now the agent works in it.
  memory.needsNoAnswer = false;
  // Nor does it wait for a person to approve what it said before.
  memory.plan = null;
  const command = commandOf(raw);
  if (callId !== null) note(memory.tools, callId, tool);
  if (callId !== null && command !== null) note(memory.commands, callId, command);
  const polled = fields?.session_id ?? fields?.cell_id;
  if (callId !== null && polled != null) note(memory.polls, callId, String(polled));
  const events: AgentEvent[] = [...goneOn(place, memory)];
  events.push({
    ...place,
    type: "call_started",
    callId,
    tool,
    input: { raw },
    // `yield_time_ms` limits no command: it goes on in the background then, or its call stays open.
    timeoutMs: fields?.timeout_ms ?? fields?.timeout ?? null,
    mayAsk: mayAsk(tool, fields, memory),
  });
  for (const plan of plans) {
    const changed = planOf(plan);
    if (changed !== null) events.push({ ...place, type: "plan_changed", ...changed });
  }
  if (tool === "request_user_input") {
    const text = fields?.questions.map(({ question }) => question).join(" ") || null;
    events.push({ ...place, type: "asked", for: "question", tool, text, callId });
  }
  return events;
}

/** Its call gives back within half a minute, whether or not the command is over. */
const yields = /^exec_command$/;

/** What leaves the sandbox and what changes files is asked for; approvals are not written (0.171). */
function mayAsk(
  tool: string,
  fields: z.infer<typeof CallFields> | undefined,
  { asksPerson, asksForCommands, isOneShot }: Memory,
): boolean | null {
  if (isOneShot || asksPerson === false) return false;
  const isEscalated =
    fields?.sandbox_permissions === "require_escalated" || fields?.with_escalated_permissions === true;
  const isAskedFor = isEscalated || tool === "apply_patch" || (asksForCommands && yields.test(tool));
  return isAskedFor ? asksPerson : false;
}

/** `…_call_output`: how the call ended, and which background work it left or ended. */
export function callEnded(payload: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const ended = Output.safeParse(payload).data;
  if (ended === undefined) return [];
  const { call_id: callId, output } = ended;
  const tool = take(memory.tools, callId);
  const read = readOutput(output, tool);
  goalAnswered(tool, read.text, memory);
  const scriptVerdict = memory.scriptVerdict;
  memory.scriptVerdict = null;
  const verdict = take(memory.verdicts, callId) ?? (isScriptOutput(output) ? scriptVerdict : null);
  const outcome = read.isCertain ? read.outcome : (verdict ?? read.outcome);
  const command = take(memory.commands, callId);
  const polled = take(memory.polls, callId);
  memory.isLastCallKilled = read.isKilled;
  const events: AgentEvent[] = [
    { ...place, type: "call_ended", callId, outcome, output: { raw: read.text }, exitCode: read.exitCode },
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

/** One `tools.<name>(…)` written in a code-mode script; `input` undefined when its argument is no plain value. */
type ScriptCall = { readonly name: string; readonly input: unknown };

/** More calls than this in one script are not looked at. */
const callsLookedAt = 32;

/** The tool calls that a code-mode script makes, in the order in which they are written. */
function callsInside(script: string): readonly ScriptCall[] {
  const calls: ScriptCall[] = [];
  for (const found of script.matchAll(/\btools\.([A-Za-z_]\w*)\s*\(/g)) {
    if (calls.length === callsLookedAt) break;
    const argument = argumentAt(script, found.index + found[0].length);
    calls.push({ name: found[1] ?? "exec", input: argument === null ? undefined : readValue(argument) });
  }
  return calls;
}

/** The script without the numbers that say how long to wait and how much to show: the same request twice is equal. */
function comparable(script: string): string {
  return script.replace(/["']?(yield_time_ms|max_output_tokens|timeout_ms)["']?\s*:\s*\d+/g, "$1:#");
}

// The text up to the bracket that closes the call; brackets inside strings do not count.
function argumentAt(script: string, start: number): string | null {
  let depth = 1;
  let quote: string | null = null;
  for (let index = start; index < script.length; index += 1) {
    const character = script.charAt(index);
    if (quote !== null) {
      if (character === "\\") index += 1;
      else if (character === quote) quote = null;
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    else if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) {
      depth -= 1;
      if (depth === 0) return script.slice(start, index);
    }
  }
  return null;
}

// An argument is a JavaScript value: JSON5 reads its unquoted names, single quotes and trailing commas.
function readValue(argument: string): unknown {
  try {
    return Bun.JSON5.parse(argument);
  } catch {
    return undefined;
  }
}

/**
 * What the beginning of a turn says of those before it: a call that is still open was killed with its session, and so
 * were the background commands when the session's process cannot be the same one any more.
 */
export function endEarlierTurns(
  { openCalls, children }: Readonly<Activity>,
  place: Place,
  memory: Memory,
): readonly AgentEvent[] {
  const calls = cutOff(openCalls, place);
  const wasKilled = memory.isTurnOpen;
  if (!wasKilled && !memory.isOneShot) return calls;
  memory.background = {};
  return [...calls, ...endShells(children, place)];
}
