import { z } from "zod";
import type { AgentEvent, CallOutcome } from "../../core/agent-event.ts";
import { longestMs } from "../../core/duration.ts";
import { plainName } from "../../core/plain-text.ts";
import { parseTime } from "../../core/time.ts";

const text = z.string().min(1).nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

/** What a log record says about whose work it is; ids as written. */
const Keys = { task_id: text, request_id: text, session_id: text, worktree: text };

const ChallengeRecord = z.object({
  ...Keys,
  agent: text,
  timestamp: z.unknown().optional(),
  event_type: z.string(),
  tool: text,
  path: text,
  error: text,
  details: text,
  desired_capability: text,
});

const ToolRecord = z.object({
  ...Keys,
  agent: text,
  tool: z.string().min(1),
  timestamp: z.unknown().optional(),
  status: text,
  ok: flag,
  success: flag,
  is_error: flag,
  error: z.unknown().optional(),
  args: z.unknown().optional(),
  input: z.unknown().optional(),
  result: z.unknown().optional(),
  output: z.unknown().optional(),
  duration_ms: z.number().nonnegative().max(longestMs).nullish().catch(null),
  call_id: text,
  tool_call_id: text,
  tool_use_id: text,
  id: text,
});

export type LogKeys = {
  readonly taskId: string | null;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  readonly worktree: string | null;
};

/** A record of a challenge or tool-call log: whose it is and what happened. */
export type LogEntry = {
  readonly keys: LogKeys;
  readonly agent: string | null;
  readonly at: number;
  readonly events: readonly AgentEvent[];
};

/** Top-level keys in snake_case, whichever way they were written. Only own keys count. */
export function snakeKeys(value: unknown): Record<string, unknown> | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  // Most programs write snake_case already.
  if (!Object.keys(value).some((key) => capital.test(key))) return { ...value };
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      field,
    ]),
  );
}

const capital = /[A-Z]/;

/** Reads a challenge; null when it is none. A challenge without a time cannot be placed and is none. */
export function parseChallenge(record: unknown, line: number | null, lineHash: string): LogEntry | null {
  const parsed = ChallengeRecord.safeParse(record);
  const at = parsed.success ? parseTime(parsed.data.timestamp) : null;
  if (!parsed.success || at === null) return null;
  const { data } = parsed;
  const entry = { keys: keysOf(data), agent: data.agent ?? null, at };
  if (data.event_type !== "tool_failure") return { ...entry, events: [{ type: "active", at, line }] };
  const failure = { tool: data.tool ?? "tool", raw: data.path == null ? null : { path: data.path } };
  const said = data.error ?? data.details ?? null;
  return {
    ...entry,
    events: callEvents({
      ...failure,
      callId: lineHash,
      startedAt: at,
      at,
      line,
      outcome: "failed",
      output: said,
      error: said,
    }),
  };
}

/** Reads a tool call; null when the record carries no tool or no time. */
export function parseToolCall(record: unknown, line: number | null, lineHash: string): LogEntry | null {
  const parsed = ToolRecord.safeParse(record);
  const at = parsed.success ? parseTime(parsed.data.timestamp) : null;
  if (!parsed.success || at === null) return null;
  const { data } = parsed;
  const entry = { keys: keysOf(data), agent: data.agent ?? null, at };
  const callId = data.call_id ?? data.tool_call_id ?? data.tool_use_id ?? data.id ?? null;
  const raw = data.args ?? data.input ?? null;
  const outcome = outcomeOf(data);
  if (outcome === "open") {
    return {
      ...entry,
      events: [
        { type: "call_started", at, line, callId: callId ?? lineHash, tool: data.tool, input: { raw } },
      ],
    };
  }
  const error = textOf(data.error);
  const output = textOf(data.result ?? data.output) ?? error;
  const startedAt = at - (data.duration_ms ?? 0);
  return {
    ...entry,
    events: callEvents({
      tool: data.tool,
      raw,
      callId: callId ?? lineHash,
      startedAt,
      at,
      line,
      outcome,
      output,
      error,
    }),
  };
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

function outcomeOf(data: z.infer<typeof ToolRecord>): CallOutcome | "open" {
  const word = data.status?.toLowerCase();
  if (word !== undefined) {
    if (/^(success|succeeded|ok|completed|done)$/.test(word)) return "ok";
    // A retry or a timeout is a failure of the try before it.
    if (/^(failure|failed|error|timeout|timed_out|retry|retrying|retried)$/.test(word)) return "failed";
    if (/^(started|running|pending|in_progress)$/.test(word)) return "open";
  }
  const isOk = data.ok ?? data.success ?? (data.is_error == null ? null : !data.is_error);
  if (isOk !== null) return isOk ? "ok" : "failed";
  return data.error == null || data.error === "" ? "neutral" : "failed";
}

function keysOf(data: { [key in keyof typeof Keys]?: string | null | undefined }): LogKeys {
  return {
    taskId: clean(data.task_id),
    requestId: clean(data.request_id),
    sessionId: clean(data.session_id),
    worktree: clean(data.worktree),
  };
}

function clean(id: string | null | undefined): string | null {
  const safe = id == null ? "" : plainName(id);
  return safe === "" ? null : safe;
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object" && "message" in value && typeof value.message === "string")
    return value.message;
  return JSON.stringify(value);
}
