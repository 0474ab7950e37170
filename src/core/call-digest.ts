import type { CallKind, InputDigest, OutputDigest } from "./agent-event.ts";

/** The shortest result that can count as an answer seen before; shorter ones are acknowledgements (LOOPS.md, R4). */
const longestEcho = 200;
const planTools =
  /^(todo_?(write|read)|write_?todos?|update_?plan|think|task_?(create|update|list|get)|update_?todo_?list|exit_?plan_?mode)$/i;
const waitTools =
  /^(sleep|wait|wait_?agent|wait_?for.*|monitor|bash_?output|task_?output|background_?output|read_?output|write_?stdin|ask_?user.*|question|request_?user_?input|await.*)$/i;
const editTools =
  /^(edit|multi_?edit|write|write_?file|notebook_?edit|patch|apply_?patch|str_replace.*|replace|create|create_?file|insert.*|append.*|delete_?file|edit_?file)$/i;
const shellTools =
  /^(bash|shell|shell_?command|exec|exec_?command|execute.*|run.*|terminal|local_?shell|cmd)$/i;
const searchTools = /^(grep|glob|search.*|find.*|rg|codebase_?search|web_?search|list_?files|code_?search)$/i;
const waitCommand =
  /^\s*(?:sudo\s+)?(sleep\b|wait\b|watch\b|tail\s+(-\w+\s+)*-[fF]|tail\s+-\w*[fF]|gh\s+(run|pr)\s+(watch|checks|view)|kubectl\b|docker\s+(logs|ps|wait)|while\b.*\bsleep\b|until\b.*\bsleep\b)/;
const searchCommand = /^\s*(?:sudo\s+)?(grep|rg|find|fd|ag|ack|git\s+grep)\b/;
const writeCommand =
  /(^|[;&|]\s*)(sed\s+-i|rm|mv|cp|mkdir|touch|chmod|git\s+(add|commit|checkout|apply|mv|rm|reset|stash)|patch|tee)\b|(^|[^0-9&>])>{1,2}\s*[^&\s]/;

/** Decides kind, search and argument hash of a call from its tool's name and raw input. */
export function digestInput(tool: string, raw: unknown): InputDigest {
  const command = commandOf(raw);
  const kind = kindOf(tool, command);
  return {
    kind,
    isSearch: searchTools.test(tool) || (kind === "obs" && command !== null && searchCommand.test(command)),
    argsHash: raw === undefined || raw === null ? null : hashText(canonical(raw)),
  };
}

/** Hashes a result as the rules compare it; `echoes` are the call's own words, which an answer may repeat. */
export function digestOutput(output: string, failed: boolean, echoes: readonly string[]): OutputDigest {
  const text = normaliseResult(output);
  let answer = text;
  for (const echo of echoes) answer = answer.replaceAll(echo, "");
  return {
    resultHash: hashText(text),
    answerHash: hashText(answer.replace(/\d+/g, "#").trim()),
    errorHash: failed ? hashError(text) : null,
    length: text.length,
  };
}

/** The words of a call's input that its answer may repeat, longest first; bounded. */
export function echoesOf(raw: unknown): string[] {
  const echoes: string[] = [];
  collectStrings(raw, echoes);
  return echoes
    .filter((echo) => echo.length >= 3 && echo.length <= longestEcho)
    .slice(0, 16)
    .sort((a, b) => b.length - a.length);
}

/** Removes what changes from run to run: ANSI, wrapper tags, times, durations, ids, process ids, temp paths. */
export function normaliseResult(output: string): string {
  return output
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "")
    .replace(/<\/?[a-z_]+>/gi, "")
    .replace(/\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?/g, "<time>")
    .replace(/\b\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\b/g, "<time>")
    .replace(/\b\d+(\.\d+)?\s?(ms|s|sec|secs|seconds|min|minutes)\b/g, "<duration>")
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b/gi, "<id>")
    .replace(/\b(pid|process|session)\s*[:=#]?\s*\d+/gi, "$1 <id>")
    .replace(/\/(tmp|var\/folders)\/[^\s"':]+/g, "<tmp>")
    .replace(/\b(\w*sh): line \d+/g, "$1: line <n>")
    .trim();
}

/** A short stable hash; not for secrets. */
export function hashText(text: string): string {
  return Bun.hash(text).toString(36);
}

/** The shell command of an input, if it has one. */
export function commandOf(raw: unknown): string | null {
  if (typeof raw !== "object" || raw === null) return null;
  const command = "command" in raw ? raw.command : "cmd" in raw ? raw.cmd : null;
  if (typeof command === "string") return command;
  return Array.isArray(command) ? command.filter((word) => typeof word === "string").join(" ") : null;
}

function kindOf(tool: string, command: string | null): CallKind {
  if (planTools.test(tool)) return "plan";
  if (waitTools.test(tool)) return "wait";
  if (editTools.test(tool)) return "mut";
  if (command === null && !shellTools.test(tool)) return "obs";
  if (command === null) return "run";
  if (waitCommand.test(command)) return "wait";
  if (writeCommand.test(command)) return "mut";
  return searchCommand.test(command) || /^\s*(ls|cat|head|tail|pwd|wc|stat|tree)\b/.test(command)
    ? "obs"
    : "run";
}

function hashError(text: string): string {
  const blurred = text.replace(/\d+/g, "#");
  return hashText(blurred.length <= 400 ? blurred : blurred.slice(0, 240) + blurred.slice(-160));
}

// Fields that say how a call is made, not what it asks.
const cosmeticKeys = new Set(["description", "timeout", "explanation", "yield_time_ms", "max_output_tokens"]);

function canonical(value: unknown, depth = 0): string {
  if (depth > 32) return "…";
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value)
    .filter(([key]) => depth > 0 || !cosmeticKeys.has(key))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, depth + 1)}`).join(",")}}`;
}

function collectStrings(value: unknown, into: string[], depth = 0): void {
  if (into.length >= 64 || depth > 4) return;
  if (typeof value === "string") into.push(value);
  else if (typeof value === "object" && value !== null)
    for (const item of Object.values(value)) collectStrings(item, into, depth + 1);
}
