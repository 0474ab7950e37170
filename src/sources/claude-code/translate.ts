import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { lastWords } from "../../core/text/last-words.ts";
import { parseTime } from "../../core/text/time.ts";
import { cutOff } from "../cut-off.ts";
import type { Dialect } from "../followed-file.ts";
import { fromCall, fromToolResult } from "./calls.ts";
import { emptyState, endsWithItsTurn, noteRecord, type Place, TranscriptState, usage } from "./memory.ts";
import { planAfterTaskResult, planEvent } from "./plan.ts";
import {
  type ClaudeRecord,
  isBulky,
  readNotifications,
  readRecord,
  skimProgress,
  textOf,
} from "./records.ts";
import { rearmed } from "./schedule-calls.ts";
import {
  active,
  childEnded,
  fromAttachment,
  fromRequest,
  fromResult,
  fromSystem,
  reopened,
} from "./system-translate.ts";

const answers = new Set(["assistant", "user", "system"]);
const endReasons = new Set(["end_turn", "stop_sequence", "refusal"]);
// Written by the CLI itself into a person's place.
const hiddenText =
  /^\s*(<local-command|<command-name>|<bash-input>|<bash-stdout>|<bash-stderr>|<system-reminder>|Caveat: )/;

// A hook did not let the turn end.
const sentBack = /^Stop hook feedback/;
// The CLI's own word to a worker that was started again in the middle of a turn: what ran died with the old one.
const startedAgain = /^\s*Continue from where you left off/;

/**
 * The events of one record of a transcript or of a `stream-json` log. Takes up in `place.state` what later records need.
 */
function translate(record: ClaudeRecord, place: Place): AgentEvent[] {
  const isAside =
    !place.isSubAgent && (record.isSidechain === true || record.parent_tool_use_id !== undefined);
  if (answers.has(record.type)) place.state.requests = 0;
  if (!isAside && (record.type === "assistant" || record.type === "user")) place.state.mayBeOver = null;
  switch (record.type) {
    case "assistant":
      return [...(isAside ? [active(place)] : fromAssistant(record, place)), ...usage(record, place)];
    case "user":
      return isAside ? [active(place)] : fromUser(record, place);
    case "system":
      return fromSystem(record, place);
    case "queue-operation":
      return [...notified(textOf(record.content), place), active(place)];
    case "api-request":
      return fromRequest(record, place);
    case "result":
      return [fromResult(record, place)];
    case "progress":
      return [active(place)];
    case "attachment":
      return isAside ? [] : fromAttachment(record, place);
    default:
      return [];
  }
}

function fromAssistant(record: ClaudeRecord, place: Place): AgentEvent[] {
  const { at, line, activity } = place;
  const content = record.message?.content;
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
  if (record.isApiErrorMessage === true)
    return [{ type: "turn_ended", at, line, outcome: "failure", message: textOf(content) || "API error" }];
  // A stand-in that the CLI itself writes around commands and resumes.
  if (record.message?.model === "<synthetic>") return [active(place)];
  const events: AgentEvent[] = [...unanswered(record, place), ...reopened(place)];
  let hasCalls = false;
  for (const block of blocks) {
    if (block.type === "text" && block.text !== undefined) {
      events.push({ type: "said", at, line, text: block.text });
    } else if (block.type === "tool_use" && block.hasId) {
      hasCalls = true;
      events.push(...fromCall(block.name ?? "tool", block.id ?? null, block.input, place));
    } else events.push(active(place));
  }
  const reason = record.message?.stop_reason;
  const words = () => lastWords(textOf(blocks.filter(({ type }) => type === "text")));
  // Without a reason (2.0, sub-agents of 2.1) the message may go on, with a call.
  if (reason === undefined && blocks.at(-1)?.type === "text")
    place.state.mayBeOver = { at, line, text: words() };
  if (!hasCalls && reason !== undefined && endReasons.has(reason)) {
    events.push({
      type: "turn_ended",
      at,
      line,
      outcome: "success",
      message: reason === "refusal" ? "the model refused to answer" : null,
      answer: words(),
    });
    if (endsWithItsTurn(place.state))
      for (const child of activity.children)
        if (child.endedAt === null)
          events.push({ type: "child_ended", at, line, childId: child.id, outcome: null });
  }
  return events;
}

// The results of a message's calls all come before the next message: what has none by then gets none any more.
function unanswered(record: ClaudeRecord, place: Place): AgentEvent[] {
  const { state, activity, at } = place;
  const id = record.message?.id;
  if (id === undefined || id === state.messageId) return [];
  const isFirst = state.messageId === null;
  state.messageId = id;
  return isFirst
    ? []
    : cutOff(
        activity.openCalls.filter(({ startedAt }) => startedAt < at),
        place,
      );
}

function fromUser(record: ClaudeRecord, place: Place): AgentEvent[] {
  const content = record.message?.content;
  if (typeof content === "string") return fromText(content, record, place);
  const result = record.toolUseResult ?? record.tool_use_result;
  return (content ?? []).flatMap((block) => {
    if (block.type === "text") return fromText(block.text ?? "", record, place);
    if (block.type !== "tool_result") return [active(place)];
    const events = fromToolResult(block, record, result, place);
    const plan = planAfterTaskResult(place.state.tasks, result);
    return plan === null ? events : [...events, planEvent(plan, place.at, place.line)];
  });
}

function fromText(text: string, record: ClaudeRecord, place: Place): AgentEvent[] {
  const { at, line } = place;
  if (text.startsWith("[Request interrupted by user"))
    return [{ type: "turn_ended", at, line, outcome: "cancelled", message: "interrupted by a person" }];
  const told = notified(text, place);
  if (told.length > 0 || record.origin?.kind === "task-notification" || sentBack.test(text))
    return [{ type: "turn_started", at, line, isSentBack: sentBack.test(text) }, ...told];
  // Some versions write a call before the message that brought it about.
  const earlier = place.activity.openCalls.filter(({ startedAt }) => startedAt < at);
  if (startedAgain.test(text) && record.isMeta === true)
    return [...cutOff(earlier, place), { type: "turn_started", at, line }];
  if (record.scheduledTaskId !== undefined) return [active(place), ...rearmed(record.scheduledTaskId, place)];
  if (record.isMeta === true || record.isCompactSummary === true || hiddenText.test(text))
    return [active(place)];
  return [...cutOff(earlier, place), { type: "user_message", at, line, text: commandIn(text) ?? text }];
}

// The name of a custom command stands for the words that it puts there.
function commandIn(text: string): string | undefined {
  return text.match(/^<command-message>[\s\S]*?<command-name>\s*([^<]+?)\s*</)?.[1];
}

function notified(text: string, place: Place): AgentEvent[] {
  return readNotifications(text).flatMap(({ id, outcome }) => childEnded(id, outcome, place));
}

/** What kind of file it is: `log` is redirected `stream-json` output, in which another session begins anew. */
export type FileKind = "session" | "sub_agent" | "log";

/** How Claude Code writes a file of this kind; `now` bounds the times that a copied log's modification time gives. */
export function dialectOf(kind: FileKind, now: number): Dialect<TranscriptState> {
  return {
    memory: TranscriptState,
    begin: emptyState,
    skips: isBulky,
    skim: skimProgress,
    translate(raw, { line, fileAt, activity }, state) {
      const record = readRecord(raw);
      if (record === null) return null;
      const isOther =
        kind === "log" &&
        record.session_id !== undefined &&
        state.sessionId !== null &&
        record.session_id !== state.sessionId;
      if (isOther) Object.assign(state, emptyState());
      const ownAt = parseTime(record.timestamp);
      // A transcript's records without a time are bookkeeping; a log of 2.0 has no times at all, but the file's.
      if (!noteRecord(state, record) || (ownAt === null && kind !== "log"))
        return { events: [], startOver: isOther };
      if (state.clockAt === null && record.type === "queue-operation") state.queuedAt = ownAt;
      const writtenAt = Math.min(fileAt, now);
      if (ownAt !== null) state.hasTimes = true;
      const at = ownAt ?? Math.max(state.clockAt ?? 0, state.hasTimes ? 0 : writtenAt);
      state.clockAt = Math.max(state.clockAt ?? at, at);
      const place = { at, line, activity, state, isSubAgent: kind === "sub_agent" };
      return { events: translate(record, place), startOver: isOther };
    },
  };
}
