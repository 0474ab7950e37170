import type { Names } from "../../core/claims/names.ts";
import type { AgentEvent, CallOutcome } from "../../core/evidence/agent-event.ts";
import { durationIn, type Fields, recordOf, wordIn } from "../../core/text/fields.ts";
import { plainNameOrNull } from "../../core/text/safe-text.ts";
import { parseTime } from "../../core/text/time.ts";

// Read by hand: a month of logs has millions of records, and schemas would take half of the time of a first look.

/** A record of a challenge or tool-call log: whose it is and what happened. */
export type LogEntry = {
  readonly keys: Names;
  readonly agent: string | null;
  readonly at: number;
  readonly events: readonly AgentEvent[];
};

/** The fields of a record, its top-level keys in snake_case, whichever way they were written; null when it is no object. */
export function snakeKeys(value: unknown): Fields | null {
  const record = recordOf(value);
  // Most programs write snake_case already.
  if (record === null || !hasCapitals(record)) return record;
  return Object.fromEntries(
    Object.entries(record).map(([key, field]) => [
      key.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`),
      field,
    ]),
  );
}

function hasCapitals(record: Fields): boolean {
  for (const key in record) if (capital.test(key)) return true;
  return false;
}

const capital = /[A-Z]/;

/** Reads a challenge; null when it is none. A challenge without a time cannot be placed and is none. */
export function parseChallenge(record: Fields, line: number | null, text: string): LogEntry | null {
  const at = parseTime(record.timestamp);
  if (typeof record.event_type !== "string" || at === null) return null;
  const entry = { keys: keysOf(record), agent: wordIn(record, "agent"), at };
  if (record.event_type !== "tool_failure") return { ...entry, events: [{ type: "active", at, line }] };
  const path = wordIn(record, "path");
  const said = wordIn(record, "error") ?? wordIn(record, "details");
  return {
    ...entry,
    events: callEvents({
      tool: wordIn(record, "tool") ?? "tool",
      raw: path === null ? null : { path },
      callId: hashOfLine(text),
      startedAt: at,
      at,
      line,
      outcome: "failed",
      output: said,
      error: said,
    }),
  };
}

/** Reads a tool call; null when the record carries no tool or no time. `text` is the record's line. */
export function parseToolCall(record: Fields, line: number | null, text: string): LogEntry | null {
  const tool = wordIn(record, "tool");
  const at = tool === null ? null : parseTime(record.timestamp);
  if (tool === null || at === null) return null;
  const entry = { keys: keysOf(record), agent: wordIn(record, "agent"), at };
  const callId =
    wordIn(record, "call_id") ??
    wordIn(record, "tool_call_id") ??
    wordIn(record, "tool_use_id") ??
    wordIn(record, "id") ??
    hashOfLine(text);
  const raw = record.args ?? record.input ?? null;
  const outcome = outcomeOf(record);
  if (outcome === "open")
    return { ...entry, events: [{ type: "call_started", at, line, callId, tool, input: { raw } }] };
  const error = textOf(record.error);
  const output = textOf(record.result ?? record.output) ?? error;
  const startedAt = at - (durationIn(record, "duration_ms") ?? 0);
  return {
    ...entry,
    events: callEvents({ tool, raw, callId, startedAt, at, line, outcome, output, error }),
  };
}

// A call without an id is known again by its line.
function hashOfLine(text: string): string {
  return `#${Bun.hash(text).toString(36)}`;
}

// A log writes one record when a call has ended; both halves of the call come from it.
function callEvents(call: {
  readonly tool: string;
  readonly raw: unknown;
  readonly callId: string;
  readonly startedAt: number;
  readonly at: number;
  readonly line: number | null;
  readonly outcome: CallOutcome;
  readonly output: string | null;
  readonly error: string | null;
}): AgentEvent[] {
  const { tool, raw, callId, startedAt, at, line, outcome, output, error } = call;
  return [
    { type: "call_started", at: startedAt, line, callId, tool, input: { raw } },
    {
      type: "call_ended",
      at,
      line,
      callId,
      outcome,
      output: output === null ? null : { raw: output },
      error,
    },
  ];
}

function outcomeOf(record: Fields): CallOutcome | "open" {
  const word = wordIn(record, "status")?.toLowerCase();
  if (word !== undefined) {
    if (/^(success|succeeded|ok|completed|done)$/.test(word)) return "ok";
    // A retry or a timeout is a failure of the try before it.
    if (/^(failure|failed|error|timeout|timed_out|retry|retrying|retried)$/.test(word)) return "failed";
    if (/^(started|running|pending|in_progress)$/.test(word)) return "open";
  }
  const isOk = flagIn(record, "ok") ?? flagIn(record, "success") ?? not(flagIn(record, "is_error"));
  if (isOk !== null) return isOk ? "ok" : "failed";
  return record.error == null || record.error === "" ? "neutral" : "failed";
}

function flagIn(record: Fields, name: string): boolean | null {
  const field = record[name];
  return typeof field === "boolean" ? field : null;
}

function not(flag: boolean | null): boolean | null {
  return flag === null ? null : !flag;
}

function keysOf(record: Fields): Names {
  return {
    taskId: plainNameOrNull(wordIn(record, "task_id")),
    requestId: plainNameOrNull(wordIn(record, "request_id")),
    sessionId: plainNameOrNull(wordIn(record, "session_id")),
    worktree: plainNameOrNull(wordIn(record, "worktree")),
  };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object" && "message" in value && typeof value.message === "string")
    return value.message;
  return JSON.stringify(value);
}
