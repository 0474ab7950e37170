import { z } from "zod";
import type { CallOutcome } from "../../core/agent-event.ts";

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
