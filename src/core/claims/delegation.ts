import { durationIn, type Fields, nameIn, wordIn } from "../text/fields.ts";
import { plainText, plainTextOrNull } from "../text/safe-text.ts";
import { readTimeIn, type Zone } from "../text/time.ts";
import { meantStatus } from "./status-word.ts";

/**
 * One request of `delegation_requests.jsonl` with its result of `delegation_results.jsonl`; either half may be missing.
 * Times in epoch milliseconds.
 */
export type Delegation = {
  readonly requestId: string;
  readonly taskId: string | null;
  readonly sessionId: string | null;
  /** A path or a folder name, as written. */
  readonly worktree: string | null;
  readonly request: DelegationRequest | null;
  readonly result: DelegationResult | null;
};

export type DelegationRequest = {
  readonly parentAgent: string | null;
  readonly subagentType: string | null;
  readonly category: string | null;
  readonly summary: string | null;
  readonly at: number | null;
  readonly file: string;
  readonly line: number;
};

export type DelegationResult = {
  readonly status: "success" | "failure" | "timeout";
  readonly at: number | null;
  readonly durationMs: number | null;
  readonly toolsUsed: readonly string[];
  readonly error: string | null;
  readonly file: string;
  readonly line: number;
};

const outcomes = ["success", "failure", "timeout"] as const;

/** Where a record stood: file relative to the root, line from 1; `zone`: of its times without one, else UTC. */
export type RecordPlace = { readonly file: string; readonly line: number; readonly zone?: Zone };

/** Reads one request record (keys in snake_case already); or what was expected when it is none. */
export function parseRequest(record: Fields | null, place: RecordPlace): Delegation | { expected: string } {
  const ids = record === null ? null : identity(record);
  if (record === null || ids === null) return { expected: "request_id" };
  return {
    ...ids,
    request: {
      parentAgent: plain(record, "parent_agent"),
      subagentType: plain(record, "subagent_type"),
      category: plain(record, "category"),
      summary: plain(record, "prompt_summary"),
      at: readTimeIn(record.timestamp, place.zone ?? "UTC"),
      file: place.file,
      line: place.line,
    },
    result: null,
  };
}

/** Reads one result record (keys in snake_case already); or what was expected when it is none. */
export function parseResult(record: Fields | null, place: RecordPlace): Delegation | { expected: string } {
  const ids = record === null ? null : identity(record);
  if (record === null || ids === null) return { expected: "request_id" };
  const status = outcomeOf(record);
  if (status === undefined) return { expected: `status: one of ${outcomes.join(", ")}` };
  const { tools_used: tools } = record;
  return {
    ...ids,
    request: null,
    result: {
      status,
      at: readTimeIn(record.timestamp, place.zone ?? "UTC"),
      durationMs: durationIn(record, "duration_ms"),
      toolsUsed: isTexts(tools) ? tools.map((tool) => plainText(tool, 60)) : [],
      error: plain(record, "error_message"),
      file: place.file,
      line: place.line,
    },
  };
}

// Other programs write what a status file may say as well.
function outcomeOf(record: Fields): DelegationResult["status"] | undefined {
  const word = wordIn(record, "status");
  const meant = word === null ? null : meantStatus(word);
  if (meant === "completed") return "success";
  return meant === "failed" ? "failure" : meant === "timeout" ? "timeout" : undefined;
}

/** Puts both halves of one request together; of repeated halves the later one counts. */
export function mergeDelegations(first: Delegation, second: Delegation): Delegation {
  return {
    requestId: first.requestId,
    taskId: second.taskId ?? first.taskId,
    sessionId: second.sessionId ?? first.sessionId,
    worktree: second.worktree ?? first.worktree,
    request: second.request ?? first.request,
    result: second.result ?? first.result,
  };
}

/** When it was asked for, as far as that is known. */
export function requestedAt(delegation: Delegation): number | null {
  const { request, result } = delegation;
  if (request?.at != null) return request.at;
  return result?.at != null && result.durationMs !== null ? result.at - result.durationMs : null;
}

/** When it was asked for, else when it ended; 0 when nothing says. */
export function beganAt(delegation: Delegation): number {
  return requestedAt(delegation) ?? endedAt(delegation) ?? 0;
}

/** When it ended; null while it is open or when nothing says. */
export function endedAt(delegation: Delegation): number | null {
  const { request, result } = delegation;
  if (result === null) return null;
  if (result.at !== null) return result.at;
  return request?.at != null && result.durationMs !== null
    ? request.at + result.durationMs
    : (request?.at ?? null);
}

/** Whether it is known to have ended before `at` (epoch milliseconds). */
export function hasEndedBefore(delegation: Delegation, at: number): boolean {
  return (endedAt(delegation) ?? Number.POSITIVE_INFINITY) < at;
}

function identity(
  record: Fields,
): Pick<Delegation, "requestId" | "taskId" | "sessionId" | "worktree"> | null {
  const requestId = nameIn(record, "request_id");
  return requestId === null
    ? null
    : {
        requestId: requestId,
        taskId: nameIn(record, "task_id"),
        sessionId: nameIn(record, "session_id"),
        worktree: nameIn(record, "worktree"),
      };
}

function plain(record: Fields, key: string): string | null {
  return plainTextOrNull(wordIn(record, key));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
