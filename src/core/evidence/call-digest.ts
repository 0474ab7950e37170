import { plainText, redactSecrets, shorten } from "../text/safe-text.ts";
import type { CallRecord } from "./activity.ts";
import type { InputDigest, OutputDigest } from "./agent-event.ts";
import { commandOf, kindOf } from "./call-kind.ts";

/**
 * What changes from run to run although nothing changed, and what stands for it, in the order in which it is replaced (the
 * reports behind it: openclaw #34574, #41502, traceroost #215, stella #1746). Every pattern is linear in the length of the text. Plain numbers stay: "3 failed" and "2 failed" are different answers.
 */
export const normalisations = [
  ["escape sequences", /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g, ""],
  // What the agent's program adds to a result for the model; bounded, so that an open tag costs little.
  ["reminders", /<system-reminder>[^<]{0,4096}<\/system-reminder>/g, ""],
  [
    "wrapper tags",
    /<\/?(?:(?:tool_use_)?error|(?:bash-|local-command-)?std(?:out|err)|output|result|returncode|response|observation|untrusted_context|tool_response|exit_code)>/gi,
    "",
  ],
  [
    "lines about the call",
    /^(?:Chunk ID|Wall time|Original token count|Total output lines|Process Group PGID|Duration):.*$|^(?:Output|Stdout|Stderr|Error):[ \t]*(?:\((?:empty|none)\))?[ \t]*$|^(?:Process exited with code|Exit code:?) 0[ \t]*$|^Signal: \(none\)$/gim,
    "",
  ],
  [
    "words for no output",
    /^[ \t]*\(?(?:(?:bash|command|tool) (?:completed|ran|executed successfully|finished)(?: with| without| and)? ?(?:returned )?no output|your command ran successfully and did not produce any output|tool ran without output(?: or errors)?|\(?no (?:output|content)\)?)\.?\)?[ \t]*$/gim,
    "",
  ],
  [
    "points in time",
    /\b\d{4}-\d{2}-\d{2}(?:T\d{2}[-_]\d{2}[-_]\d{2}(?:[-_.]\d+)?Z?|[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?|\b1[5-9]\d{8}(?:\d{3}|\.\d+)?\b/g,
    "<time>",
  ],
  [
    "dates in words",
    /\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?(?:(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?) {1,2}\d{1,2}|\d{1,2} (?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?! {1,2}\d{1,2} ))(?:,? \d{4}\b)?(?: {1,2}\d{1,2}:\d{2}(?::\d{2})?)?\b/g,
    "<time>",
  ],
  [
    "clock times",
    /\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?[ap]m)?\b|\b\d{1,2}:\d{2} ?[ap]m\b|(?<=[[(])[012]?\d:[0-5]\d(?=[\])])/gi,
    "<time>",
  ],
  [
    "durations",
    /\b\d+(?::\d{2})?(?:[.,]\d+)?(?:[hm] ?\d+(?:\.\d+)?){0,2} ?(?:ms|µs|us|ns|s|secs?|seconds?|mins?|minutes?|hours?)\b/g,
    "<duration>",
  ],
  ["uuids", /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  ["addresses", /\b0x[0-9a-f]{6,}\b/gi, "<id>"],
  ["hex ids", /\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b/g, "<id>"],
  [
    "ids with a prefix",
    /\b(?:call|toolu|msg|ses|prt|bg|task|req|run|resp|chatcmpl)[_-](?=[A-Za-z]*\d)[A-Za-z0-9]{6,}\b/g,
    "<id>",
  ],
  [
    "process and session numbers",
    /\b(pid|pgid|(?:process|session)(?:[ _]id)?)([ :=#]{1,3})\d+|(\(node):\d+(?=\))/gi,
    "$1$3$2<id>",
  ],
  ["job numbers", /^\[\d+\] \d+$/gm, "<id>"],
  [
    "temporary paths",
    /(?:\/private)?(?:\/tmp|\/var\/tmp|\/var\/folders\/\w+\/\w+(?:\/T)?)\/[^\s"'`:;,()/]+(?:\/pytest-\d+)?|\b[A-Z]:\\[^\s"']*\\Temp\\[^\s"'\\]+/g,
    "<tmp>",
  ],
  ["shell line numbers", /\b(bash|zsh|dash|sh):(?: line)? ?\d+(?=:)/g, "$1: line <n>"],
  ["white space at line ends", /[ \t\r]+$/gm, ""],
] as const satisfies readonly (readonly [name: string, pattern: RegExp, replacement: string])[];

/** Of a longer result the beginning and the end are normalised; its middle counts as it stands. */
const normalisedEachEnd = 65_536;
/** A longer argument is compared by its hash. */
const longString = 4_096;
const deepest = 32;
const echoesKept = 32;
const longestEcho = 200;
const shortestEcho = 3;
const shortestEchoWord = 4;
/** More lines than this are no answer that could mean "nothing". */
const answerLines = 50;
/** A line without blanks (a path, a name), or one that begins with a place: `src/a.ts:12:`, `12:`. */
const found = /^\s*(?:\S+\s*$|[^\s:]*:?\d+[:-])/;
/** An error keeps its beginning and its end: what moves is in the middle. */
const errorHead = 240;
const errorTail = 160;
/** An error that says only that there was one. */
const emptyError =
  /^(?:error:? ?)?(?:(?:command |process )?(?:failed|exited)(?: with)? ?)?(?:exit )?(?:(?:code|status):? ?\d+)?$/i;

/** Decides kind, search and argument hash of a call from its tool's name and raw input. */
export function digestInput(tool: string, raw: unknown): InputDigest {
  const text = raw === undefined || raw === null ? null : canonical(raw, 0);
  return { ...kindOf(tool, raw), argsHash: text === null ? null : hashText(text) };
}

/**
 * Hashes a result as the rules compare it; `echoes` are the words of a search, which its answer may repeat, null for any
 * other call.
 */
export function digestOutput(
  output: string,
  failed: boolean,
  echoes: readonly string[] | null,
): OutputDigest {
  const text = normaliseResult(output);
  return {
    resultHash: hashText(text),
    answerHash: echoes === null ? null : hashText(blurNumbers(withoutEchoes(text, echoes)).trim()),
    errorHash: failed ? hashError(text) : null,
    length: text.length,
  };
}

/**
 * Hash of a normalised error text, wherever in a file it happened; null when it says nothing but that there was an error.
 * Counts stay: `2 failed` after `24 failed` is another error.
 */
export function hashError(text: string): string | null {
  const blurred = blurPositions(text);
  if (emptyError.test(blurred.slice(0, errorHead).replace(/\s+/g, " "))) return null;
  return hashText(
    blurred.length <= errorHead + errorTail
      ? blurred
      : blurred.slice(0, errorHead) + blurred.slice(-errorTail),
  );
}

/**
 * The words of a call's input that its answer may repeat, longest first: texts as a whole, their words, and the last
 * part of a path. Bounded.
 */
export function echoesOf(raw: unknown): string[] {
  const texts: string[] = [];
  collectStrings(raw, texts, 0);
  const command = commandOf(raw);
  const words = [...texts, ...(command === null ? [] : [command])].flatMap((text) =>
    text
      .slice(0, longestEcho)
      .split(/[\s"'`;|&(){}/]+/)
      .filter((word) => word.length >= shortestEchoWord),
  );
  const whole = texts.filter((text) => text.length >= shortestEcho && text.length <= longestEcho);
  // They are kept between looks: what would be hidden in a report is not kept at all.
  const all = [...new Set([...whole, ...words])].slice(0, echoesKept);
  const together = all.join("\n");
  const harmless =
    redactSecrets(together) === together ? all : all.filter((text) => redactSecrets(text) === text);
  return harmless.sort((a, b) => b.length - a.length);
}

/** Replaces what changes from run to run (`normalisations`) and trims; bounded work whatever the length. */
export function normaliseResult(output: string): string {
  if (output.length <= 2 * normalisedEachEnd) return normalise(output);
  const middle = output.slice(normalisedEachEnd, -normalisedEachEnd);
  const [head, tail] = [output.slice(0, normalisedEachEnd), output.slice(-normalisedEachEnd)];
  return `${normalise(head)}\n<${middle.length} characters ${hashText(middle)}>\n${normalise(tail)}`;
}

/** A short stable hash; not for secrets. */
export function hashText(text: string): string {
  // Base 16 costs half of what base 36 does.
  return Bun.hash(text).toString(16);
}

function normalise(text: string): string {
  let normal = text;
  for (const [, pattern, replacement] of normalisations) normal = normal.replace(pattern, replacement);
  return normal.trim();
}

/** Takes the words of the question out of the sentences of an answer; not out of what was found, which they name. */
function withoutEchoes(text: string, echoes: readonly string[]): string {
  const lines = text.split("\n", answerLines + 1);
  if (lines.length > answerLines) return text;
  return lines
    .map((line) => (found.test(line) ? line : echoes.reduce((rest, echo) => rest.replaceAll(echo, ""), line)))
    .join("\n");
}

/** Places, ports, process numbers, tries: what moves although the error is the same. */
const position =
  /(?<=\b(?:lines?|rows?|col(?:umn)?s?|chars?|characters?|pos(?:ition)?|offset|byte|pid|port|attempt|try|retry)[ :=#]{1,2}|[\w)\]]:|\()\d+(?:(?:[:,.-]|, ?| ?to )\d+)*|^[ \t]*\d+(?=[ \t]*\|)|\b0x[\da-f]+\b/gim;

function blurPositions(text: string): string {
  return text.replace(position, "#");
}

function blurNumbers(text: string): string {
  return text.replace(/\d+/g, "#");
}

// Fields that say how and why a call is made, not what it asks (OpenHands #15087).
const cosmeticKeys = new Set([
  "description",
  "explanation",
  "justification",
  "thought",
  "timeout",
  "timeout_ms",
  "yield_time_ms",
  "max_output_tokens",
]);

/** The same text for the same input, whatever the order of its keys; null when it is nested too deep to say. */
function canonical(value: unknown, depth: number): string | null {
  if (depth > deepest) return null;
  if (typeof value === "string") {
    return value.length > longString ? `#${value.length}:${hashText(value)}` : JSON.stringify(value);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const isList = Array.isArray(value);
  const parts: string[] = [];
  const keys = isList ? value.keys() : keysOf(value, depth);
  for (const key of keys) {
    const part = canonical(Reflect.get(value, key), depth + 1);
    if (part === null) return null;
    parts.push(isList ? part : `${JSON.stringify(key)}:${part}`);
  }
  return isList ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
}

function keysOf(value: object, depth: number): readonly string[] {
  const keys = Object.keys(value).sort();
  const asked = depth === 0 ? keys.filter((key) => !cosmeticKeys.has(key)) : keys;
  // What is all there is to a call is what it asks.
  return asked.length > 0 ? asked : keys;
}

function collectStrings(value: unknown, into: string[], depth: number): void {
  if (into.length >= echoesKept || depth > 4) return;
  if (typeof value === "string") into.push(value);
  else if (typeof value === "object" && value !== null)
    for (const item of Object.values(value)) collectStrings(item, into, depth + 1);
}

const pathKeys = [
  "file_path",
  "filePath",
  "path",
  "notebook_path",
  "absolute_path",
  "dir_path",
  "file",
  "filename",
] as const;
const wordKeys = ["pattern", "query", "url", "description", "title"] as const;
const targetLimit = 160;

/** What a call works on, from its raw input: a path, else a command, else what it looks for; null when it does not say. */
export function targetOf(raw: unknown): string | null {
  if (typeof raw === "string") return raw === "" ? null : plainText(raw, targetLimit);
  if (typeof raw !== "object" || raw === null) return null;
  const found = stringAt(raw, pathKeys) ?? commandOf(raw) ?? stringAt(raw, wordKeys);
  return found === null || found === "" ? null : plainText(found, targetLimit);
}

function stringAt(raw: object, keys: readonly string[]): string | null {
  for (const key of keys) {
    const value: unknown = Object.hasOwn(raw, key) ? Reflect.get(raw, key) : undefined;
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

/** What a call worked on, with paths below the worktree shortened to it. */
export function targetWithin(call: Pick<CallRecord, "target">, worktree: string | null): string | null {
  if (call.target === null) return null;
  const short = worktree === null ? call.target : call.target.replaceAll(`${worktree}/`, "");
  return shorten(short, 60);
}
