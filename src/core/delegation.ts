import { z } from "zod";
import { longestMs } from "./duration.ts";
import { plainName, plainText } from "./plain-text.ts";
import { parseTime } from "./time.ts";

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

const text = z.string().nullish().catch(null);
const words = z.array(z.string()).catch([]);

const Keys = {
  request_id: z.string().min(1),
  task_id: text,
  session_id: text,
  worktree: text,
  timestamp: z.unknown().optional(),
};
const RequestRecord = z.object({
  ...Keys,
  parent_agent: text,
  subagent_type: text,
  category: text,
  prompt_summary: text,
});
const ResultRecord = z.object({
  ...Keys,
  status: z.enum(["success", "failure", "timeout"]),
  duration_ms: z.number().nonnegative().max(longestMs).nullish().catch(null),
  tools_used: words,
  error_message: text,
});

/** Where a record stood: file relative to the root, line from 1. */
export type RecordPlace = { readonly file: string; readonly line: number };

/** Reads one request record (keys in snake_case already); null with what was expected when it is none. */
export function parseRequest(record: unknown, place: RecordPlace): Delegation | { expected: string } {
  const parsed = RequestRecord.safeParse(record);
  if (!parsed.success) return { expected: expectation(parsed.error) };
  const { data } = parsed;
  return {
    ...identity(data),
    request: {
      parentAgent: plain(data.parent_agent),
      subagentType: plain(data.subagent_type),
      category: plain(data.category),
      summary: plain(data.prompt_summary),
      at: parseTime(data.timestamp),
      ...place,
    },
    result: null,
  };
}

/** Reads one result record (keys in snake_case already); null with what was expected when it is none. */
export function parseResult(record: unknown, place: RecordPlace): Delegation | { expected: string } {
  const parsed = ResultRecord.safeParse(record);
  if (!parsed.success) return { expected: expectation(parsed.error) };
  const { data } = parsed;
  return {
    ...identity(data),
    request: null,
    result: {
      status: data.status,
      at: parseTime(data.timestamp),
      durationMs: data.duration_ms ?? null,
      toolsUsed: data.tools_used.map((tool) => plainText(tool, 60)),
      error: plain(data.error_message),
      ...place,
    },
  };
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

/** When it ended; null while it is open or when nothing says. */
export function endedAt(delegation: Delegation): number | null {
  const { request, result } = delegation;
  if (result === null) return null;
  if (result.at !== null) return result.at;
  return request?.at != null && result.durationMs !== null
    ? request.at + result.durationMs
    : (request?.at ?? null);
}

function identity(data: z.infer<z.ZodObject<typeof Keys>>) {
  return {
    requestId: plainName(data.request_id),
    taskId: name(data.task_id),
    sessionId: name(data.session_id),
    worktree: name(data.worktree),
  };
}

function plain(value: string | null | undefined): string | null {
  return value == null || value === "" ? null : plainText(value);
}

function name(value: string | null | undefined): string | null {
  return value == null || value === "" ? null : plainName(value);
}

function expectation(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "a record" : `${issue.path.join(".") || "record"}: ${issue.message}`;
}
