import { z } from "zod";
import type { AgentEvent, CallOutcome } from "../../core/evidence/agent-event.ts";
import { commandOf } from "../../core/evidence/call-kind.ts";
import { ownValue, parseJson } from "../../core/text/fields.ts";
import { plainText } from "../../core/text/safe-text.ts";
import { childrenInOutput } from "./children.ts";
import { goneOn, type Memory, note, type Place, take } from "./memory.ts";
import { planOf } from "./plan.ts";

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

/** What the output of a call says. `text` is without the header, whose ids and times differ from run to run. */
export type CallOutput = {
  readonly outcome: CallOutcome;
  /** The output itself tells the outcome; else a record beside it may. */
  readonly isCertain: boolean;
  readonly text: string;
  /** Session or cell that the command goes on in. */
  readonly runningAs: string | null;
  /** Somebody outside ended the command: a person's interrupt or a signal. */
  readonly isKilled: boolean;
};

/** What to say of a turn whose last command was killed. */
export const killed = "its last command was interrupted";

const errorText =
  /^(unsupported (custom tool )?call:|failed to parse function arguments|apply_patch verification failed|collab \w+ failed|execution error:|exec_command failed|write_stdin failed|tool call error|failed in sandbox|error:|err:|Script (failed|error))/i;
// The whole output, or a command that prints these words would be taken for an interrupted one.
const abortedText = /^(Wall time: [\d.]+ seconds\s+)?aborted by user( after [\d.]+ ?s)?\s*$/;
const refusedText =
  /^([\w ]{1,40} )?rejected by user\s*$|^(exec_command|Script) failed[\s\S]*Rejected\(\\?"rejected by user\\?"\)" \}\s*$/;
/** Interrupt, kill, termination; the others are a program's own crash. */
const signalText = /^execution error: Sandbox\(Signal\((2|9|15)\)\)/;
const scriptText = /^Script [^\n]*\nWall time /;
/** Tools above whose output Codex puts a header; whatever another one shows is its own. */
const shellTools =
  /^(shell|shell_command|local_shell|container\.exec|exec_command|unified_exec|write_stdin|apply_patch|exec)$/;

const headerLines =
  /^((Script|Chunk ID|Wall time|Exit code|Process (exited|running)|Original token count|Total output lines)\b[^\n]*(\n|$))*(Output:(\n|$))?/;

const Texts = z.array(z.object({ text: z.string().catch("") }));
const Content = z.object({ content: z.union([z.string(), Texts]), success: z.boolean().nullish() });
const OldShell = z.object({ output: z.string(), metadata: z.object({ exit_code: z.number() }) });
const ScriptResult = z.object({
  exit_code: z.number().nullish(),
  output: z.string().nullish(),
  session_id: z.union([z.number(), z.string()]).nullish(),
});

/** Whether `output` is that of a code-mode script: its parts, or all of them in one text. */
export function isScriptOutput(output: unknown): boolean {
  return Array.isArray(output) || (typeof output === "string" && scriptText.test(output));
}

/** Reads `output` of a `…_call_output` record in any version's form; `tool` null: its call was not seen. */
export function readOutput(output: unknown, tool: string | null): CallOutput {
  const isShell = tool === null || shellTools.test(tool);
  const texts = Texts.safeParse(output);
  if (texts.success)
    return readScriptOutput(
      texts.data.map((part) => part.text),
      isShell,
    );
  const content = Content.safeParse(output);
  if (content.success) {
    const inner = readOutput(content.data.content, tool);
    if (inner.isCertain || content.data.success == null) return inner;
    return { ...inner, outcome: content.data.success ? "ok" : "failed", isCertain: true };
  }
  const text = typeof output === "string" ? output : JSON.stringify(output ?? "");
  return isScriptOutput(text) ? readScriptOutput([text], isShell) : readText(text, isShell);
}

function readText(output: string, isShell: boolean): CallOutput {
  const old = isShell && output.startsWith("{") ? OldShell.safeParse(parse(output)) : null;
  if (old?.success) return withCode(old.data.metadata.exit_code, old.data.output);
  if (abortedText.test(output)) return { ...certain("neutral", output), isKilled: true };
  if (signalText.test(output)) return { ...certain("failed", output), isKilled: true };
  if (refusedText.test(output)) return certain("neutral", output);
  if (errorText.test(output)) return certain("failed", output);
  if (!isShell) return { ...certain("ok", output), isCertain: false };
  const [header, body] = splitHeader(output);
  const runningAs = /^Process running with session ID (\S+)/m.exec(header)?.[1] ?? null;
  if (runningAs !== null) return { ...certain("ok", body), runningAs };
  const code = /^(?:Exit code:|Process exited with code) (-?\d+)/m.exec(header)?.[1];
  return code === undefined ? { ...certain("ok", output), isCertain: false } : withCode(Number(code), body);
}

// Code mode (gpt-5.6 and later): `Script completed…`, then what the script printed, often a result as JSON.
function readScriptOutput(texts: readonly string[], isShell: boolean): CallOutput {
  const [head = "", ...printed] = texts;
  if (!/^Script \w+/.test(head) || errorText.test(head)) return readText(texts.join("\n"), isShell);
  const bodies = [splitHeader(head)[1], ...printed].filter((text) => text.trim() !== "");
  const cell = /^Script running with cell ID (\S+)/m.exec(head)?.[1] ?? null;
  let code: number | null = null;
  let session: string | null = null;
  const shown = bodies.map((body) => {
    const result = body.startsWith("{") ? ScriptResult.safeParse(parse(body)) : null;
    if (!result?.success) return body;
    code = result.data.exit_code ?? code;
    if (result.data.exit_code == null && result.data.session_id != null)
      session = String(result.data.session_id);
    return result.data.output ?? body;
  });
  const text = shown.join("\n");
  const runningAs = cell ?? session;
  if (runningAs !== null) return { ...certain("ok", text), runningAs };
  return code === null ? { ...certain("ok", text), isCertain: false } : withCode(code, text);
}

function withCode(code: number, body: string): CallOutput {
  if (code === 0) return certain("ok", body);
  return certain("failed", body.trim() === "" ? `exit code ${code}` : body);
}

function certain(outcome: CallOutcome, text: string): CallOutput {
  return { outcome, isCertain: true, text, runningAs: null, isKilled: false };
}

// Only in these lines at the very start does Codex speak; below them the command may print anything.
function splitHeader(output: string): readonly [header: string, body: string] {
  const header = headerLines.exec(output)?.[0] ?? "";
  return [header, output.slice(header.length)];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One `tools.<name>(…)` written in a code-mode script; `input` undefined when its argument is no plain value. */
export type ScriptCall = { readonly name: string; readonly input: unknown };

/** More calls than this in one script are not looked at. */
const callsLookedAt = 32;

/** The tool calls that a code-mode script makes, in the order in which they are written. */
export function callsInside(script: string): readonly ScriptCall[] {
  const calls: ScriptCall[] = [];
  for (const found of script.matchAll(/\btools\.([A-Za-z_]\w*)\s*\(/g)) {
    if (calls.length === callsLookedAt) break;
    const argument = argumentAt(script, found.index + found[0].length);
    calls.push({ name: found[1] ?? "exec", input: argument === null ? undefined : readValue(argument) });
  }
  return calls;
}

/** The script without the numbers that say how long to wait and how much to show: the same request twice is equal. */
export function comparable(script: string): string {
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
