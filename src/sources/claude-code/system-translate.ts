import type { AgentEvent, Outcome } from "../../core/evidence/agent-event.ts";
import { lastWords } from "../../core/text/last-words.ts";
import { noteDenied, type Place } from "./memory.ts";
import { type ClaudeRecord, taskOutcome } from "./records.ts";

/** The events of a `system` record. */
export function fromSystem(record: ClaudeRecord, place: Place): AgentEvent[] {
  const { at, line, activity } = place;
  switch (record.subtype) {
    case "api_error":
    case "api_retry":
      return [
        {
          type: "provider_retry",
          at,
          line,
          message: retryMessage(record),
          attempt: record.retryAttempt ?? record.attempt ?? null,
          maxAttempts: record.maxRetries ?? record.max_retries ?? null,
          nextAt: nextTryAt(record, at),
        },
      ];
    case "compact_boundary":
      return [{ type: "condensed", at, line }];
    case "turn_duration":
      return activity.ended === null ? [over(place)] : [active(place)];
    case "stop_hook_summary":
      return place.state.mayBeOver !== null &&
        activity.ended === null &&
        record.preventedContinuation !== true
        ? [over(place)]
        : [active(place)];
    case "init":
      return activity.ended === null ? [active(place)] : [{ type: "turn_started", at, line }];
    case "task_started":
      // A foreground command is a task too; its call is open as long as it runs.
      if (
        record.task_id === undefined ||
        record.is_backgrounded === false ||
        record.owned_by_subagent === true
      )
        return [active(place)];
      return [
        {
          type: "child_started",
          at,
          line,
          childId: record.task_id,
          kind: record.task_type === "local_bash" ? "shell" : "agent",
          title: record.description ?? null,
        },
      ];
    case "permission_denied":
      noteDenied(place.state, record.tool_use_id);
      return [active(place)];
    case "task_notification":
    case "task_updated":
      return childEnded(record.task_id, taskOutcome(record.status ?? record.patch?.status), place);
    default:
      return [active(place)];
  }
}

function over({ at, line, state }: Place): AgentEvent {
  const answer = state.mayBeOver?.text ?? null;
  state.mayBeOver = null;
  return { type: "turn_ended", at, line, outcome: "success", message: null, answer };
}

function nextTryAt({ retryInMs, retry_delay_ms }: ClaudeRecord, at: number): number | null {
  const delayMs = retryInMs ?? retry_delay_ms;
  return delayMs === undefined ? null : at + delayMs;
}

function retryMessage(record: ClaudeRecord): string {
  const { error } = record;
  if (typeof error === "object" && error !== null) {
    if ("formatted" in error && typeof error.formatted === "string") return error.formatted;
    if ("message" in error && typeof error.message === "string") return error.message;
  }
  const word = typeof error === "string" ? error : "API error";
  return record.error_status === undefined ? word : `${record.error_status} ${word}`;
}

// Main conversation requests; others ask for titles, summaries and the like.
const mainQuery = /^(sdk|repl_main_thread|agent)/;

/** The events of a request to the model: 2.1 interactive writes no retry record, only the request again. */
export function fromRequest(record: ClaudeRecord, place: Place): AgentEvent[] {
  if (!mainQuery.test(record.querySource ?? "")) return [active(place)];
  place.state.requests += 1;
  const { at, line } = place;
  const repeats = place.state.requests - 1;
  if (repeats < 1) return [...reopened(place), active(place)];
  const message = "the request to the model was sent again without a reply";
  return [{ type: "provider_retry", at, line, message, attempt: repeats, maxAttempts: null }];
}

/** The event of the record with which a run ends in a `stream-json` log. */
export function fromResult(record: ClaudeRecord, place: Place): AgentEvent {
  const { at, line, activity, state } = place;
  for (const callId of record.permission_denials ?? []) noteDenied(state, callId);
  // One without a turn says nothing of the work (2.1.2 writes such an error after a run that went well).
  if (record.num_turns === 0 && activity.ended !== null) return active(place);
  const end = { type: "turn_ended", at, line } as const;
  if (record.terminal_reason === "hook_stopped")
    return { ...end, outcome: "cancelled", message: "stopped by a hook" };
  const left = stoppedChildren(place);
  if (left.length > 0) return { ...end, outcome: "failure", message: leftWords(left) };
  const outcome = outcomeOf(record);
  const { result, errors, terminal_reason, subtype } = record;
  if (outcome !== "success")
    return {
      ...end,
      outcome,
      message: result ?? errors?.find((error) => error !== undefined) ?? terminal_reason ?? subtype ?? null,
    };
  return { ...end, outcome, message: null, answer: result === undefined ? null : lastWords(result) };
}

function outcomeOf({ terminal_reason, is_error, subtype }: ClaudeRecord): Outcome {
  if (terminal_reason?.startsWith("aborted") === true) return "cancelled";
  // `subtype` reads "success" for a failed request too, but an error there is one.
  return is_error === true || subtype?.startsWith("error") === true ? "failure" : "success";
}

// A one-shot run that waited too long for its sub-agents and watches stops them and calls that a success (2.1.270 to 2.1.332).
function stoppedChildren({ activity, state }: Place): string[] {
  const saidAt = activity.ended?.at ?? state.mayBeOver?.at;
  if (saidAt === undefined) return [];
  return activity.children.flatMap(({ id, kind, title, outcome, endedAt }) =>
    kind === "agent" && outcome === "cancelled" && endedAt !== null && endedAt >= saidAt ? [title ?? id] : [],
  );
}

function leftWords([first, ...more]: readonly string[]): string {
  return `ended over what it waited for: ${first}${more.length === 0 ? "" : ` and ${more.length} more`}`;
}

/** The event of what the CLI attaches where it ends a turn by itself; most attachments say nothing. */
export function fromAttachment({ attachment }: ClaudeRecord, place: Place): AgentEvent[] {
  const end = { type: "turn_ended", at: place.at, line: place.line } as const;
  if (attachment?.type === "max_turns_reached")
    return [
      { ...end, outcome: "failure", message: `reached its limit of ${attachment.maxTurns ?? "?"} turns` },
    ];
  if (attachment?.type !== "hook_stopped_continuation") return [];
  const why = attachment.message === undefined ? "" : `: ${attachment.message}`;
  return [{ ...end, outcome: "cancelled", message: `stopped by a hook${why}` }];
}

/** The event of a background task's end, as far as it is one. */
export function childEnded(childId: string | undefined, outcome: Outcome | null, place: Place): AgentEvent[] {
  if (childId === undefined || outcome === null) return [active(place)];
  return [{ type: "child_ended", at: place.at, line: place.line, childId, outcome }];
}

/** Work after the end of a turn that nobody asked for in the file (a command, a hook, a notification). */
export function reopened({ activity, at, line }: Place): AgentEvent[] {
  return activity.ended !== null && at > activity.ended.at ? [{ type: "turn_started", at, line }] : [];
}

/** A sign of life. */
export function active({ at, line }: Place): AgentEvent {
  return { type: "active", at, line };
}
