import type { Names } from "../../core/claims/names.ts";
import type { AgentEvent, CallOutcome } from "../../core/evidence/agent-event.ts";
import { commandOf, traitOf } from "../../core/evidence/call-kind.ts";
import { saysNo } from "../../core/evidence/outcome.ts";
import {
  durationIn,
  type Fields,
  nameIn,
  numberIn,
  parseJson,
  recordOf,
  wordIn,
} from "../../core/text/fields.ts";
import { readTimeIn, type Zone, zoneOfLog } from "../../core/text/time.ts";
import type { Bytes } from "../../io/tail.ts";
import { isChallenges } from "./paths.ts";

// Read by hand: a day of logs has hundreds of thousands of records, and schemas would take most of the time of a look.

/** What is needed of a record to know whether it can decide anything: whose it is, when, and how the call ended. */
export type LogRecord = {
  readonly at: number;
  /** The strongest of its keys, as it stands there. */
  readonly owner: string;
  readonly tool: string | null;
  /** `open`: the call has only begun; `none`: the record is of no call. */
  readonly outcome: CallOutcome | "open" | "none";
  /** Without one a call is known by its place in the log: equal lines are different calls. */
  readonly callId: string | null;
  readonly isChallenge: boolean;
  readonly fields: Fields;
};

const toSnake = new Map<string, string>();

/** The fields of a record, its top-level keys in snake_case, whichever way they were written; null when it is no object. */
export function snakeKeys(value: unknown): Fields | null {
  const record = recordOf(value);
  // Most programs write snake_case already.
  if (record === null || !hasCapitals(record)) return record;
  return Object.fromEntries(Object.entries(record).map(([key, field]) => [snakeKey(key), field]));
}

let plainKeys: readonly string[] = [];

function hasCapitals(record: Fields): boolean {
  let index = 0;
  // Most records have the keys of the one before, or the first of them.
  for (const key in record) {
    if (key !== plainKeys[index]) {
      const keys = Object.keys(record);
      if (keys.some((each) => snakeKey(each) !== each)) return true;
      plainKeys = keys;
      return false;
    }
    index += 1;
  }
  return false;
}

// A log has few keys and many records.
function snakeKey(key: string): string {
  const known = toSnake.get(key);
  if (known !== undefined) return known;
  const snake = key.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);
  if (toSnake.size < 1_000) toSnake.set(key, snake);
  return snake;
}

/**
 * Reads a line of the log called `log`; null for a record of another kind, a text says what was expected. `zone`: of times
 * without one.
 */
export function readRecord(log: string, text: string, zone: Zone = "UTC"): LogRecord | string | null {
  if (!text.startsWith("{") && text.trim() === "") return null;
  const fields = snakeKeys(parseJson(text));
  if (fields === null) return "expected a JSON object";
  if (isChallenges(log))
    return readChallenge(fields, zone) ?? "expected a challenge with event_type and timestamp";
  const call = readCall(fields, zone);
  // Any other file may hold records of another kind.
  return call ?? (isUndatedCall(fields) ? expectedTime : null);
}

const expectedTime = "expected a tool call's timestamp as an RFC 3339 time or an epoch number";

// A launcher may have kept what an agent printed: such a record says its type, and may well name a tool.
function isUndatedCall(record: Fields): boolean {
  return toolIn(record) !== null && (timeOf(record) != null || record.type === undefined);
}

// A `time` that is a number may be how long it took.
function timeOf({ timestamp, ts, time }: Fields): unknown {
  return timestamp ?? ts ?? (typeof time === "string" ? time : undefined);
}

// Hooks write down what they were given: `tool_input`, `tool_response`.
function inputOf({ args, input, tool_input }: Fields): unknown {
  return args ?? input ?? tool_input;
}

function outputOf({ result, output, tool_response }: Fields): unknown {
  return result ?? output ?? tool_response;
}

/** Reads a challenge; null when it is none. A challenge without a time cannot be placed and is none. */
export function readChallenge(fields: Fields, zone: Zone = "UTC"): LogRecord | null {
  const at = readTimeIn(fields.timestamp, zone);
  if (typeof fields.event_type !== "string" || at === null) return null;
  const outcome = fields.event_type === "tool_failure" ? "failed" : "none";
  const tool = outcome === "failed" ? (wordIn(fields, "tool") ?? "tool") : null;
  return { at, owner: ownerOf(fields), tool, outcome, callId: null, isChallenge: true, fields };
}

/** Reads a tool call; null when the record carries no tool or no time. */
export function readCall(fields: Fields, zone: Zone = "UTC"): LogRecord | null {
  const tool = toolIn(fields);
  const at = tool === null ? null : readTimeIn(timeOf(fields), zone);
  if (tool === null || at === null) return null;
  const callId =
    word(fields.call_id) ?? word(fields.tool_call_id) ?? word(fields.tool_use_id) ?? word(fields.id);
  const outcome = outcomeOf(fields, callId);
  const said = outcome === "failed" && isNo(tool, fields) ? "neutral" : outcome;
  return { at, owner: ownerOf(fields), tool, outcome: said, callId, isChallenge: false, fields };
}

// Hooks call it `tool_name`; so do agents in what they print, which says its type. A `name` alone may be a task's: it is a
// tool's beside what a call was given.
function toolIn(fields: Fields): string | null {
  const tool = word(fields.tool) ?? word(recordOf(fields.tool)?.name);
  if (tool !== null || fields.type !== undefined) return tool;
  const byHook = word(fields.tool_name);
  if (byHook !== null || recordOf(inputOf(fields)) === null) return byHook;
  return word(fields.name) ?? word(fields.function);
}

function isNo(tool: string, fields: Fields): boolean {
  const error = textOf(fields.error);
  const said = textOf(outputOf(fields)) ?? error;
  return saysNo(traitOf(tool, commandOf(inputOf(fields))), {
    outcome: "failed",
    output: said === null ? null : { raw: said },
    error,
    exitCode: numberIn(fields, "exit_code") ?? null,
  });
}

/** Its id of a task, request, session or worktree, the first that it has; else its agent. */
function ownerOf(fields: Fields): string {
  return (
    word(fields.task_id) ??
    word(fields.request_id) ??
    word(fields.session_id) ??
    word(fields.worktree) ??
    `agent ${word(fields.agent) ?? ""}`
  );
}

/** When the call began, as far as its record says. */
export function startOf({ at, fields }: LogRecord): number {
  return fields.duration_ms === undefined ? at : at - (durationIn(fields, "duration_ms") ?? 0);
}

/** What happened, as events; `line`: where its record stands. */
export function eventsOf(record: LogRecord, line: number | null): readonly AgentEvent[] {
  const { at, tool, outcome, callId, isChallenge, fields } = record;
  if (tool === null || outcome === "none") return [{ type: "active", at, line }];
  const raw = isChallenge ? pathIn(fields) : (inputOf(fields) ?? null);
  const started = { type: "call_started", at: startOf(record), line, callId, tool, input: { raw } } as const;
  if (outcome === "open") return [started];
  const error = isChallenge ? (wordIn(fields, "error") ?? wordIn(fields, "details")) : textOf(fields.error);
  const said = isChallenge ? error : (textOf(outputOf(fields)) ?? error);
  const output = said === null ? null : { raw: said };
  // A log writes one record when a call has ended; both halves of the call come from it.
  return [started, { type: "call_ended", at, line, callId, outcome, output, error }];
}

function pathIn(fields: Fields): unknown {
  const path = wordIn(fields, "path");
  return path === null ? null : { path };
}

const lastTimeBytes = 16 * 1024;
const timesWithoutZone = /"(?:timestamp|ts|time)"\s*:\s*"(\d{4}-\d\d-\d\d[Tt ][\d:.,]+)"/g;

/** In which zone a log's times without one are, by the last of them and when it was written. @throws {NotReadable} */
export function zoneOf({ size, read }: Bytes, writtenAt: number): Zone {
  const end = Buffer.alloc(Math.min(size, lastTimeBytes));
  read(end, end.length, size - end.length);
  const last = [...end.toString("latin1").matchAll(timesWithoutZone)].at(-1)?.[1];
  return last === undefined ? "UTC" : zoneOfLog(last, writtenAt);
}

const outcomes: ReadonlyMap<string, CallOutcome | "open"> = new Map([
  ...["success", "succeeded", "ok", "completed", "done"].map((word) => [word, "ok"] as const),
  // A retry or a timeout is a failure of the try before it.
  ...["failure", "failed", "error", "timeout", "timed_out", "retry", "retrying", "retried"].map(
    (word) => [word, "failed"] as const,
  ),
  ...["started", "running", "pending", "in_progress"].map((word) => [word, "open"] as const),
]);

/** What a hook's call says of how it went: Claude Code and Codex, then Gemini CLI. */
const hooks: ReadonlyMap<string, CallOutcome | "open"> = new Map([
  ["PreToolUse", "open"],
  ["PostToolUse", "ok"],
  ["PostToolUseFailure", "failed"],
  ["BeforeTool", "open"],
  ["AfterTool", "ok"],
]);

// Of a call without an id nothing tells which one ends it.
function outcomeOf(record: Fields, callId: string | null): LogRecord["outcome"] {
  const outcome = saidOutcome(record);
  if (outcome !== null) return outcome;
  const atHook = hooks.get(word(record.hook_event_name) ?? "") ?? "neutral";
  if (atHook === "open" && callId === null) return "none";
  const response = atHook === "ok" ? recordOf(record.tool_response) : null;
  return (response === null ? null : saidOutcome(response)) ?? atHook;
}

function saidOutcome(record: Fields): CallOutcome | "open" | null {
  const status = word(record.status);
  const outcome = status === null ? undefined : (outcomes.get(status) ?? outcomes.get(status.toLowerCase()));
  if (outcome !== undefined) return outcome;
  const isOk = flag(record.ok) ?? flag(record.success) ?? not(flag(record.is_error));
  if (isOk !== null) return isOk ? "ok" : "failed";
  return record.error == null || record.error === "" ? null : "failed";
}

// A name that stands in the code is found in a fraction of the time that one takes which is handed on.
function word(field: unknown): string | null {
  return typeof field === "string" && field !== "" ? field : null;
}

function flag(field: unknown): boolean | null {
  return typeof field === "boolean" ? field : null;
}

function not(flag: boolean | null): boolean | null {
  return flag === null ? null : !flag;
}

/** Whose a record is. */
export function keysOf(record: Fields): Names {
  return {
    taskId: nameIn(record, "task_id"),
    requestId: nameIn(record, "request_id"),
    sessionId: nameIn(record, "session_id"),
    worktree: nameIn(record, "worktree"),
  };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object" && "message" in value && typeof value.message === "string")
    return value.message;
  return JSON.stringify(value);
}
