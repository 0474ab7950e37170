import { knowing } from "../text/known.ts";
import type { CallKind, CallTrait, InputDigest } from "./agent-event.ts";

// The words are the tools' own, of the agents that sources exist for and of those in the labelled runs.
const planTools =
  /^((manage_?)?todo_?(write|read|list)?|write_?todos?|update_?plan|think|task_?(create|update|list|get)|update_?todo_?list|(exit|enter)_?plan_?mode)$/i;
const waitTools =
  /^(sleep|wait|wait_?agent|wait_?for\w*|monitor|bash_?output|task_?output|background_?output|read_?output|get_?output|ask_?user\w*|question|request_?user_?input|await\w*)$/i;
const editTools =
  /^(edit|multi_?edit|write|write_?(file|fix)|notebook_?edit|patch|apply_?patch|str_?replace\w*|replace|replace_string_in_file|create|create_?file|insert\w*|append\w*|delete_?file|edit_?file|write_?to_?file|replace_?in_?file|apply_?diff|search_?replace)$/i;
const shellTools =
  /^(bash|shell|shell_?command|exec|exec_?command|execute\w*|run\w*|terminal|local_?shell|cmd|powershell|write_?stdin)$/i;
/** They start another agent: what comes back at once is only that it was started. */
const launchTools =
  /^(task|(sub_?)?agents?|new_?task|sessions_?spawn|(launch|spawn|start|create|dispatch|delegate|background|call)_?\w*(task|agent))$/i;
const searchTools =
  /^(grep\w*|glob|search\w*|find\w*|rg|codebase_?search|web_?search|google_?web_?search|list_?files|code_?search|tool_?search)$/i;

const waitCommand =
  /^(sleep\b|wait\b|watch\b|tail\s+(?:[^\s;&|]+\s+){0,6}(?:-\w*[fF]|--follow)\b|gh\s+(run|pr)\s+(watch|checks|view|list|status)\b|kubectl\s+(get|logs?|wait|describe|rollout|top)\b|docker\s+(compose\s+)?(logs|ps|wait)\b|(while|until|for)\b[\s\S]*\bsleep\b)/;
/** A command that sleeps ten seconds or more anywhere in it waits for something. */
const longSleep = /(^|[\s;&|(])sleep\s+(\d{2,}|\d+m)\b/;
const searchCommand = /^(grep|egrep|rg|find|fd|ag|ack|git\s+grep)\b/;
const readCommand =
  /^(ls|cat|head|tail|pwd|wc|stat|tree|file|which|less|ps|pgrep|jobs|lsof|du|df|date|sed\s+-n|git\s+(status|log|diff|show|branch|blame))\b/;
const writeCommand =
  /(^|[;&|]\s*)(sed\s+(-\w+\s+)*-i|perl\s+-\w*i|rm|mv|cp|mkdir|touch|chmod|git\s+(add|commit|checkout|switch|apply|am|cherry-pick|revert|merge|rebase|pull|mv|rm|reset|stash|restore)|patch|apply_?patch|tee)\b/;
const redirect = /(^|[^\d&<>=-])>{1,2}\s*(?!\/dev\/)[^\s&>]/;

/** Of these exit code 1 says no, by their manuals; 2 and more say that something went wrong. */
const asking =
  /^(?:[efz]?grep|rg|ag|ack|git\s+(?:grep|diff|show-ref|check-ignore|merge-base)|which|type|command\s+-v|hash|diff|cmp|test|\[\[?|pgrep|pidof)(?=\s|$)/;
/** They only hand on, cut or print, and succeed whatever comes in. */
const handingOn = /^(?:echo|printf|true|:|cd|head|tail|sort|uniq|wc|cut|tr|cat|sed\s+-n)(?=\s|$)/;
const idling = /^(?::|true)\s*(?:[;#].*)?$|^(?:echo|printf|cat|:)\b[^;&|]*>\s*\/dev\/null\s*$/;
/** Prints its own words and nothing else. */
const ownWords = /^(?:echo|printf)\b[^|&;<>\n]*$/;
/** A lone `&`, and what starts something and comes back at once. */
const forking =
  /(?<![&|>])&(?![&>\d])|^(?:nohup|setsid|docker\s+(?:compose\s+up|run)\s[^;&|]*(?:-d|--detach))\b/;
/** What they show changes by itself. */
const processLook = /^(?:ps|pgrep|pidof|jobs|top)\b/;
const pagingTools = /scroll|next|page|more/i;

const readTools =
  /^(read\w*|view\w*|open_?file|ls|list_?dir\w*|grep\w*|glob|rg|search_?file\w*|list_?files)$/i;

/** Whether it only reads or writes files: that takes seconds. */
export function isFileTool(tool: string): boolean {
  const name = ownName(tool);
  return editTools.test(name) || (readTools.test(name) && !waitTools.test(name));
}

/** Commands are classified by their beginning: what follows it is data (a script, a file's text). */
const commandRead = 4_096;

/** What a call does, whether it searches and what sets it apart, from its tool's name and raw input. */
export function kindOf(tool: string, raw: unknown): Omit<InputDigest, "argsHash"> {
  return { ...kindAndSearch(tool, raw), trait: traitOf(tool, commandOf(raw), raw) };
}

/** Whether a look shows what moves by itself: processes always do, the rest while something runs in the background. */
export function isWatching(kind: CallKind, raw: unknown, isRunning: boolean): boolean {
  const command = commandOf(raw);
  if (command !== null && processLook.test(withoutPrefix(command))) return true;
  if (!isRunning) return false;
  if (command !== null) return kind === "obs" || /^curl\b/.test(withoutPrefix(command));
  return kind === "obs" && /\.(?:log|out|output)"/.test(JSON.stringify(raw) ?? "");
}

/** What sets a call apart whatever it is about. */
export function traitOf(tool: string, command: string | null, raw: unknown = null): CallTrait | null {
  if (isPaging(tool)) return "pages";
  if (command === null) return writesToNowhere(raw) ? "idles" : null;
  return traitOfCommand(command);
}

const isPaging = knowing((tool) => pagingTools.test(tool));

const traitOfCommand = knowing((command): CallTrait | null => {
  const text = withoutPrefix(command.slice(0, commandRead));
  if (idling.test(text) || (ownWords.test(withoutData(text)) && !/[$`*]/.test(text))) return "idles";
  const parts = withoutData(text)
    .split(/\s*(?:&&|\|\||[;|&\n])\s*/)
    .map(withoutPrefix)
    .filter((part) => part !== "");
  const isQuestion =
    parts.some((part) => asking.test(part)) &&
    parts.every((part) => asking.test(part) || handingOn.test(part));
  if (forking.test(withoutData(text))) return "forks";
  return isQuestion ? "asks" : null;
});

function writesToNowhere(raw: unknown): boolean {
  return typeof raw === "object" && raw !== null && Object.values(raw).includes("/dev/null");
}

function kindAndSearch(tool: string, raw: unknown): { kind: CallKind; isSearch: boolean } {
  const { kind, isSearch, isPoll } = kindOfTool(tool);
  if (kind === "plan" || kind === "wait") return { kind, isSearch };
  if (isPoll && isEmptyInput(raw)) return { kind: "wait", isSearch };
  if (kind === "mut") return { kind: isViewing(raw) ? "obs" : "mut", isSearch };
  const command = commandOf(raw);
  return command === null ? { kind, isSearch } : kindOfCommand(command);
}

/** The kind of a tool's calls by its name. `isPoll`: one that says nothing is a look at what runs. */
const kindOfTool = knowing((tool): { kind: CallKind; isSearch: boolean; isPoll: boolean } => {
  const name = ownName(tool);
  const isPoll = /^write_?stdin$/i.test(name);
  const plain = { isSearch: false, isPoll };
  if (planTools.test(name)) return { kind: "plan", ...plain };
  if (waitTools.test(name)) return { kind: "wait", ...plain };
  if (editTools.test(name)) return { kind: "mut", ...plain };
  if (shellTools.test(name) || launchTools.test(name)) return { kind: "run", ...plain };
  return { kind: "obs", isSearch: searchTools.test(name), isPoll };
});

/** Of `mcp__files__read_file` and `functions.exec_command` the last part. */
function ownName(tool: string): string {
  return tool.replace(/^.*(?:__|\.)(?=\w)/, "").replaceAll("-", "_");
}

/** The shell command of an input, if it has one. */
export function commandOf(raw: unknown): string | null {
  if (typeof raw !== "object" || raw === null) return null;
  const command = "command" in raw ? raw.command : "cmd" in raw ? raw.cmd : null;
  if (typeof command === "string") return command;
  if (!Array.isArray(command)) return null;
  const words = command.filter((word) => typeof word === "string");
  // ["bash", "-lc", "the command"]
  return /^-\w*c$/.test(words[1] ?? "") && words[2] !== undefined ? words[2] : words.join(" ");
}

const kindOfCommand = knowing((command): { kind: CallKind; isSearch: boolean } => {
  const text = withoutPrefix(command.slice(0, commandRead));
  const words = withoutData(text);
  const isWriting = writeCommand.test(words) || redirect.test(words);
  if (waitCommand.test(text) || longSleep.test(isWriting ? words : text))
    return { kind: "wait", isSearch: false };
  if (isWriting) return { kind: "mut", isSearch: false };
  if (searchCommand.test(text)) return { kind: "obs", isSearch: true };
  return { kind: readCommand.test(text) ? "obs" : "run", isSearch: false };
});

/** `cd somewhere && VARIABLE=1 sudo command` is the command. */
function withoutPrefix(command: string): string {
  return command
    .trim()
    .replace(/^cd\s+[^\s;&|]+\s*(?:&&|;)\s*/, "")
    .replace(/^(?:[A-Za-z_]\w*=\S*\s+)*(?:sudo\s+)?/, "");
}

/** Without the texts of quotes and of a here-document, in which `>` is no redirection. */
function withoutData(command: string): string {
  const [head = ""] = command.split(/(?<=<<-?\s*['"]?\w+['"]?[^\n]*)\n/, 1);
  return head.replace(/'[^']*'|"[^"]*"/g, '""');
}

/** Codex polls a running shell by writing nothing to it. */
function isEmptyInput(raw: unknown): boolean {
  if (typeof raw !== "object" || raw === null) return false;
  return !("chars" in raw) || raw.chars === "";
}

/** One tool of several agents both shows and edits, by its `command`. */
function isViewing(raw: unknown): boolean {
  return typeof raw === "object" && raw !== null && "command" in raw && raw.command === "view";
}
