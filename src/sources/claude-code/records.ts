import type { AgentEvent, Outcome } from "../../core/evidence/agent-event.ts";
import { type Fields, recordOf, stringIn } from "../../core/text/fields.ts";

// Read by hand: a day has hundreds of thousands of records, and a schema takes longer than the rest of the look at them. A
// field of an unexpected type counts as missing.

/** One line of a transcript or of a `stream-json` log: the fields in use. Null for what is none. */
export function readRecord(raw: unknown) {
  const record = recordOf(raw);
  const type = stringIn(record, "type");
  if (record === null || type === undefined) return null;
  return {
    type,
    subtype: text(record.subtype),
    uuid: text(record.uuid),
    timestamp: text(record.timestamp),
    sessionId: text(record.sessionId),
    session_id: text(record.session_id),
    /** Whose request brought the answer, where that is another session: it was copied by a fork (2.1.330). */
    requestSessionId: text(record.requestSessionId),
    forkedFrom: record.forkedFrom,
    cwd: text(record.cwd),
    gitBranch: text(record.gitBranch),
    version: text(record.version),
    entrypoint: text(record.entrypoint),
    /** "bg" in a session that was sent to the background (2.1.330). */
    sessionKind: text(record.sessionKind),
    /** The session went to another folder (2.1.330); its file goes along. */
    relocatedCwd: text(record.relocatedCwd),
    worktreeSession: partIn(record.worktreeSession, (part) => ({
      worktreePath: text(part.worktreePath),
    })),
    permissionMode: text(record.permissionMode),
    isSidechain: flag(record.isSidechain),
    isMeta: flag(record.isMeta),
    isCompactSummary: flag(record.isCompactSummary),
    isApiErrorMessage: flag(record.isApiErrorMessage),
    origin: partIn(record.origin, (part) => ({ kind: text(part.kind) })),
    parent_tool_use_id: text(record.parent_tool_use_id),
    message: messageIn(record.message),
    toolUseResult: record.toolUseResult,
    tool_use_result: record.tool_use_result,
    toolDenialKind: text(record.toolDenialKind),
    permissionDecision: partIn(record.permissionDecision, (part) => ({
      decision: text(part.decision),
      source: text(part.source),
    })),
    content: record.content,
    attachment: partIn(record.attachment, (part) => ({
      type: text(part.type),
      message: text(part.message),
      maxTurns: number(part.maxTurns),
    })),
    /** The schedule of the session that a prompt came from (2.1.332). */
    scheduledTaskId: text(record.scheduledTaskId),
    aiTitle: text(record.aiTitle),
    customTitle: text(record.customTitle),
    summary: text(record.summary),
    querySource: text(record.querySource),
    error: record.error,
    error_status: number(record.error_status),
    retryAttempt: number(record.retryAttempt),
    maxRetries: number(record.maxRetries),
    attempt: number(record.attempt),
    max_retries: number(record.max_retries),
    /** How long until the next try. */
    retryInMs: number(record.retryInMs),
    retry_delay_ms: number(record.retry_delay_ms),
    /** A Stop hook ended the turn otherwise than the agent meant to. */
    preventedContinuation: flag(record.preventedContinuation),
    is_error: flag(record.is_error),
    result: text(record.result),
    num_turns: number(record.num_turns),
    errors: listIn(record.errors, text),
    permission_denials: listIn(record.permission_denials, (denial) => stringIn(denial, "tool_use_id")),
    tool_use_id: text(record.tool_use_id),
    terminal_reason: text(record.terminal_reason),
    task_id: text(record.task_id),
    task_type: text(record.task_type),
    description: text(record.description),
    status: text(record.status),
    is_backgrounded: flag(record.is_backgrounded),
    owned_by_subagent: flag(record.owned_by_subagent),
    patch: partIn(record.patch, (part) => ({ status: text(part.status) })),
  };
}
export type ClaudeRecord = NonNullable<ReturnType<typeof readRecord>>;

function messageIn(value: unknown) {
  return partIn(value, (message) => ({
    id: text(message.id),
    content: contentIn(message.content),
    model: text(message.model),
    stop_reason: text(message.stop_reason),
    usage: partIn(message.usage, (usage) => ({
      input_tokens: number(usage.input_tokens),
      output_tokens: number(usage.output_tokens),
      cache_read_input_tokens: number(usage.cache_read_input_tokens),
      cache_creation_input_tokens: number(usage.cache_creation_input_tokens),
    })),
  }));
}

/** A text, or blocks; one that is none costs itself, not the message. */
function contentIn(content: unknown): string | Block[] | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content.flatMap((item: unknown) => blockIn(item) ?? []);
}

export type Block = {
  readonly type?: string | undefined;
  readonly text?: string | undefined;
  readonly hasId?: boolean | undefined;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly input?: unknown;
  readonly tool_use_id?: string | undefined;
  readonly content?: unknown;
  readonly is_error?: boolean | undefined;
};

function blockIn(item: unknown): Block | undefined {
  return partIn(item, (block) => ({
    type: text(block.type),
    text: text(block.text),
    hasId: "id" in block,
    id: text(block.id),
    name: text(block.name),
    input: block.input,
    tool_use_id: text(block.tool_use_id),
    content: block.content,
    is_error: flag(block.is_error),
  }));
}

function partIn<Part>(value: unknown, read: (fields: Fields) => Part): Part | undefined {
  const fields = recordOf(value);
  return fields === null ? undefined : read(fields);
}

function listIn(
  value: unknown,
  read: (item: unknown) => string | undefined,
): readonly (string | undefined)[] | undefined {
  return Array.isArray(value) ? value.map((item: unknown) => read(item)) : undefined;
}

// A name that stands in the code is found in a fraction of the time that one takes which is handed on.
export function text(field: unknown): string | undefined {
  return typeof field === "string" ? field : undefined;
}

function number(field: unknown): number | undefined {
  return typeof field === "number" && Number.isFinite(field) ? field : undefined;
}

export function flag(field: unknown): boolean | undefined {
  return typeof field === "boolean" ? field : undefined;
}

// Looked for in the first characters only; inside a text value the quotes would be escaped.
const bulkyHead =
  /"type"\s*:\s*"(?:api-request-(?:shape|blob)|file-history-snapshot)"|"isSidechain"\s*:\s*(?:true|false),\s*"attachment"\s*:\s*\{(?!\s*"type"\s*:\s*"(?:max_turns_reached|hook_stopped_continuation)")/;
const headLength = 400;
const progressType = /"type"\s*:\s*"progress"/;
const longHead = 1_000;
const times = /"timestamp"\s*:\s*"([^"]+)"/g;

/** Whether a line is of a kind that says nothing about the work and can be very long: told without parsing it. */
export function isBulky(line: string): boolean {
  return bulkyHead.test(line.slice(0, headLength));
}

/**
 * What counts of a progress record (2.1.12 to 2.1.50: once a second while a command runs, up to 3 MB for a sub-agent):
 * that it came, and when. Its time stands before or behind the long part. Null for any other line.
 */
export function skimProgress(line: string): { readonly type: string; readonly timestamp?: string } | null {
  const head = line.slice(0, longHead);
  if (!head.includes('"progress"') || !progressType.test(head)) return null;
  const last = [...line.slice(-longHead).matchAll(times)].at(-1);
  const timestamp = (last ?? [...head.matchAll(times)][0])?.[1];
  return timestamp === undefined ? { type: "progress" } : { type: "progress", timestamp };
}

/** The text of a content value: a string, or blocks of which the texts and tool names count. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((block: unknown) => wordOf(block)).join("\n");
}

function wordOf(block: unknown): string {
  return stringIn(block, "text") ?? stringIn(block, "tool_name") ?? "";
}

/** A background shell or sub-agent of which the session was told; `outcome` null while it still runs. */
export type Notification = { readonly id: string; readonly outcome: Outcome | null };

// Its end may be cut off: long texts are.
const notification =
  /<(task|bash|agent)-notification>([\s\S]*?)(?=<\/\1-notification>|<(?:task|bash|agent)-notification>|$)/g;
const idTag = /<(?:task-id|shell-id|agent-id)>\s*([^<\s]+)\s*</;
const statusTag = /<status>\s*([^<\s]+)\s*</;

/** The notifications in a text that the CLI gives to its own model. */
export function readNotifications(text: string): Notification[] {
  if (!text.includes("-notification>")) return [];
  return [...text.matchAll(notification)].flatMap(([, , body = ""]) => {
    const id = body.match(idTag)?.[1];
    return id === undefined ? [] : [{ id, outcome: taskOutcome(body.match(statusTag)?.[1]) }];
  });
}

/** The outcome behind a background task's status word; null for one that still runs or is not known. */
export function taskOutcome(status: string | undefined): Outcome | null {
  switch (status) {
    case "completed":
      return "success";
    case "failed":
    case "error":
      return "failure";
    case "killed":
    case "stopped":
    case "cancelled":
      return "cancelled";
    default:
      return null;
  }
}

/** What an answer used, in tokens; nothing where it does not say. The context of a sub-agent's record is not the session's. */
export function usageOf(
  { message, isSidechain, parent_tool_use_id }: ClaudeRecord,
  at: number,
  line: number | null,
): AgentEvent[] {
  if (message?.usage === undefined) return [];
  const { usage } = message;
  const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  const [input, output] = [(usage.input_tokens ?? 0) + cached, usage.output_tokens ?? 0];
  // The CLI's own words used nothing, and what a compaction kept says so when it is written anew.
  if (input === 0 && output === 0) return [];
  const context = isSidechain === true || parent_tool_use_id !== undefined ? null : input;
  const id = message.id ?? null;
  return [{ type: "usage", at, line, id, input, output, context, window: null, costUsd: null }];
}
