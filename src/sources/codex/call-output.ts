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

const errorText =
  /^(unsupported (custom tool )?call:|failed to parse function arguments|apply_patch verification failed|collab \w+ failed|execution error:|exec_command failed|write_stdin failed|tool call error|failed in sandbox|error:|err:|Script (failed|error))/i;
const killedText = /^(Wall time: [\d.]+ seconds\s+)?aborted by user|^execution error: Sandbox\(Signal\(/;
const refusedText = /rejected by user|^(Wall time: [\d.]+ seconds\s+)?aborted by user/;

const Texts = z.array(z.object({ text: z.string().catch("") }));
const Content = z.object({ content: z.union([z.string(), Texts]), success: z.boolean().nullish() });
const OldShell = z.object({ output: z.string(), metadata: z.object({ exit_code: z.number() }) });
const ScriptResult = z.object({
  exit_code: z.number().nullish(),
  output: z.string().nullish(),
  session_id: z.union([z.number(), z.string()]).nullish(),
});

/** Reads `output` of a `…_call_output` record in any version's form. */
export function readOutput(output: unknown): CallOutput {
  const texts = Texts.safeParse(output);
  if (texts.success) return readScriptOutput(texts.data.map((part) => part.text));
  const content = Content.safeParse(output);
  if (content.success) {
    const inner = readOutput(content.data.content);
    if (inner.isCertain || content.data.success == null) return inner;
    return { ...inner, outcome: content.data.success ? "ok" : "failed", isCertain: true };
  }
  return readText(typeof output === "string" ? output : JSON.stringify(output ?? ""));
}

function readText(output: string): CallOutput {
  const old = output.startsWith("{") ? OldShell.safeParse(parse(output)) : null;
  if (old?.success) return withCode(old.data.metadata.exit_code, old.data.output);
  if (killedText.test(output)) {
    const outcome = refusedText.test(output) ? "neutral" : "failed";
    return { outcome, isCertain: true, text: output, runningAs: null, isKilled: true };
  }
  if (refusedText.test(output)) return certain("neutral", output);
  if (errorText.test(output)) return certain("failed", output);
  const [header, body] = splitHeader(output);
  const runningAs = /^Process running with session ID (\S+)/m.exec(header)?.[1] ?? null;
  if (runningAs !== null) return { ...certain("ok", body), runningAs };
  const code = /^(?:Exit code:|Process exited with code) (-?\d+)/m.exec(header)?.[1];
  return code === undefined ? { ...certain("ok", output), isCertain: false } : withCode(Number(code), body);
}

// Code mode (gpt-5.6 and later): `Script completed…`, then what the script printed, often a result as JSON.
function readScriptOutput(texts: readonly string[]): CallOutput {
  const [head = "", ...printed] = texts;
  if (killedText.test(head) || refusedText.test(head) || errorText.test(head))
    return readText(texts.join("\n"));
  if (!/^Script \w+/.test(head)) return readText(texts.join("\n"));
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

// Only above `Output:` does Codex speak; below it the command may print anything.
function splitHeader(output: string): readonly [header: string, body: string] {
  const at = output.search(/^Output:$/m);
  return at === -1 ? [output.slice(0, 400), output] : [output.slice(0, at), output.slice(at + 8)];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
