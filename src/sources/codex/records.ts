import { z } from "zod";
import type { CallOutcome } from "../../core/evidence/agent-event.ts";
import { parseJson } from "../../core/text/fields.ts";
import { listOf } from "../../core/text/list-of.ts";

/** A line of a rollout; the bare items of mid-2025 are their own payload. */
export const Line = z.looseObject({
  timestamp: z.unknown().optional(),
  type: z.string().optional(),
  payload: z.unknown().optional(),
});
/** What stands in a line: a `response_item` or an `event_msg` of some type. */
export const Item = z.looseObject({ type: z.string() });

const Parts = listOf(z.object({ text: z.string().catch("") }));
/** What was said by somebody: `message` items. */
export const Message = z.object({ role: z.string(), content: Parts.catch([]) });

/** `function_call`, `custom_tool_call`, `local_shell_call`. */
export const Call = z.object({
  call_id: z.string().nullish().catch(null),
  id: z.string().nullish().catch(null),
  name: z.string().catch("local_shell"),
  arguments: z.unknown().optional(),
  input: z.unknown().optional(),
  action: z.unknown().optional(),
});
/** What of a call's arguments is looked at. */
export const CallFields = z.object({
  timeout_ms: z.number().nullish().catch(null),
  timeout: z.number().nullish().catch(null),
  sandbox_permissions: z.string().nullish().catch(null),
  with_escalated_permissions: z.boolean().nullish().catch(null),
  session_id: z.union([z.string(), z.number()]).nullish().catch(null),
  cell_id: z.union([z.string(), z.number()]).nullish().catch(null),
  questions: listOf(z.object({ question: z.string() })).catch([]),
});
/** `turn_context`: what the turn may do without asking, and who is asked. */
export const TurnContext = z.object({
  approval_policy: z.string().nullish().catch(null),
  approvals_reviewer: z.string().nullish().catch(null),
});
/** `…_call_output`. */
export const Output = z.object({ call_id: z.string(), output: z.unknown().optional() });

/** Events that hold no more than a text. */
export const Words = z.object({ message: z.string().nullish().catch(null) });
export const ErrorEvent = Words.extend({ codex_error_info: z.unknown().optional() });
export const TaskComplete = z.object({
  last_agent_message: z.string().nullish().catch(null),
  error: ErrorEvent.nullish().catch(null),
});
/** `task_started` (`turn_attribution` since 0.171): what the turn is for. */
export const TurnStarted = z.object({
  turn_attribution: z
    .object({ turn_trigger: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
});
export const Aborted = z.object({ reason: z.string().catch("aborted") });
export const ExecEnd = z.object({ call_id: z.string(), exit_code: z.number() });
export const PatchEnd = z.object({ call_id: z.string(), success: z.boolean() });
export const ThreadName = z.object({ thread_name: z.string().nullish().catch(null) });

/** `item_completed` (0.140 and later), and what its items hold. */
export const ItemCompleted = z.object({
  item: z.looseObject({ type: z.string(), id: z.string().catch("") }),
});
export const Execution = z.object({
  process_id: z.string().nullish().catch(null),
  status: z.string(),
  exit_code: z.number().nullish().catch(null),
});
/** What a hook says to the agent (0.171). */
export const HookPrompt = z.object({
  fragments: listOf(z.object({ hookRunId: z.string().catch("") })).catch([]),
});
export const Texts = z.object({ content: Parts.catch([]) });
export const PlanItem = z.object({ text: z.string().catch("") });

/** The name in `codex_error_info`: a word, or an object named by it. */
export function errorName(info: unknown): string {
  if (typeof info === "string") return info;
  return typeof info === "object" && info !== null ? (Object.keys(info)[0] ?? "error") : "error";
}

/** What the output of a call says. `text` is without the header, whose ids and times differ from run to run. */
export type CallOutput = {
  readonly outcome: CallOutcome;
  /** The output itself tells the outcome; else a record beside it may. */
  readonly isCertain: boolean;
  readonly text: string;
  readonly exitCode: number | null;
  /** Session or cell that the command goes on in. */
  readonly runningAs: string | null;
  /** Somebody outside ended the command: a person's interrupt or a signal. */
  readonly isKilled: boolean;
};

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

const Content = z.object({ content: z.union([z.string(), Parts]), success: z.boolean().nullish() });
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
  const texts = Parts.safeParse(output);
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
  const old = isShell && output.startsWith("{") ? OldShell.safeParse(parseJson(output)) : null;
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
    const result = body.startsWith("{") ? ScriptResult.safeParse(parseJson(body)) : null;
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
  if (code === 0) return { ...certain("ok", body), exitCode: code };
  return { ...certain("failed", body.trim() === "" ? `exit code ${code}` : body), exitCode: code };
}

function certain(outcome: CallOutcome, text: string): CallOutput {
  return { outcome, isCertain: true, text, exitCode: null, runningAs: null, isKilled: false };
}

// Only in these lines at the very start does Codex speak; below them the command may print anything.
function splitHeader(output: string): readonly [header: string, body: string] {
  const header = headerLines.exec(output)?.[0] ?? "";
  return [header, output.slice(header.length)];
}

/** Of one answer, or of all. */
export const TokenUsage = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  total_tokens: z.number(),
});
/** What the model used, told after each of its answers. */
export const TokenCount = z.object({
  info: z
    .object({
      total_token_usage: TokenUsage,
      last_token_usage: TokenUsage.nullish().catch(null),
      model_context_window: z.number().nullable().catch(null),
    })
    .nullish(),
});
