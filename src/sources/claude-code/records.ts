import { z } from "zod";
import type { Outcome } from "../../core/evidence/agent-event.ts";

const text = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const count = z.number().optional().catch(undefined);

const Block = z.object({
  type: text,
  text: text,
  id: text,
  name: text,
  input: z.unknown().optional(),
  tool_use_id: text,
  content: z.unknown().optional(),
  is_error: flag,
});
export type Block = z.infer<typeof Block>;

// One block that is none costs itself, not the message.
const Blocks = z.array(z.unknown()).transform((items) =>
  items.flatMap((item) => {
    const block = Block.safeParse(item);
    return block.success ? [block.data] : [];
  }),
);

const Message = z.object({
  id: text,
  content: z.union([z.string(), Blocks]).optional().catch(undefined),
  model: text,
  stop_reason: text,
  usage: z
    .object({
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: count,
      cache_creation_input_tokens: count,
    })
    .optional()
    .catch(undefined),
});

/** One line of a transcript or of a `stream-json` log: the fields in use, all of them optional but `type`. */
export const ClaudeRecord = z.object({
  type: z.string(),
  subtype: text,
  uuid: text,
  timestamp: text,
  sessionId: text,
  session_id: text,
  /** Whose request brought the answer, where that is another session: it was copied by a fork (2.1.330). */
  requestSessionId: text,
  forkedFrom: z.unknown().optional(),
  cwd: text,
  gitBranch: text,
  version: text,
  entrypoint: text,
  /** "bg" in a session that was sent to the background (2.1.330). */
  sessionKind: text,
  /** The session went to another folder (2.1.330); its file goes along. */
  relocatedCwd: text,
  worktreeSession: z.object({ worktreePath: text }).optional().catch(undefined),
  permissionMode: text,
  isSidechain: flag,
  isMeta: flag,
  isCompactSummary: flag,
  isApiErrorMessage: flag,
  origin: z.object({ kind: text }).optional().catch(undefined),
  parent_tool_use_id: text,
  message: Message.optional().catch(undefined),
  toolUseResult: z.unknown().optional(),
  tool_use_result: z.unknown().optional(),
  toolDenialKind: text,
  permissionDecision: z.object({ decision: text, source: text }).optional().catch(undefined),
  content: z.unknown().optional(),
  attachment: z.object({ type: text, message: text, maxTurns: count }).optional().catch(undefined),
  /** The schedule of the session that a prompt came from (2.1.332). */
  scheduledTaskId: text,
  aiTitle: text,
  customTitle: text,
  summary: text,
  querySource: text,
  error: z.unknown().optional(),
  error_status: count,
  retryAttempt: count,
  maxRetries: count,
  attempt: count,
  max_retries: count,
  /** How long until the next try. */
  retryInMs: count,
  retry_delay_ms: count,
  /** A Stop hook ended the turn otherwise than the agent meant to. */
  preventedContinuation: flag,
  is_error: flag,
  result: text,
  num_turns: count,
  errors: z.array(z.string()).optional().catch(undefined),
  permission_denials: z
    .array(z.object({ tool_use_id: text }))
    .optional()
    .catch(undefined),
  tool_use_id: text,
  terminal_reason: text,
  task_id: text,
  task_type: text,
  description: text,
  status: text,
  is_backgrounded: flag,
  owned_by_subagent: flag,
  patch: z.object({ status: text }).optional().catch(undefined),
});
export type ClaudeRecord = z.infer<typeof ClaudeRecord>;

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
  if (!progressType.test(head)) return null;
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

const Word = z.object({ text: text, tool_name: text });

function wordOf(block: unknown): string {
  const word = Word.safeParse(block);
  return word.success ? (word.data.text ?? word.data.tool_name ?? "") : "";
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

/** What an answer used, in tokens; null where nothing says. The context of a sub-agent's record is not the session's. */
export function usageOf({ message, isSidechain, parent_tool_use_id }: ClaudeRecord) {
  if (message?.usage === undefined) return null;
  const { input_tokens = 0, output_tokens: output = 0, ...cache } = message.usage;
  const input =
    input_tokens + (cache.cache_read_input_tokens ?? 0) + (cache.cache_creation_input_tokens ?? 0);
  // The CLI's own words used nothing, and what a compaction kept says so when it is written anew.
  if (input === 0 && output === 0) return null;
  const context = isSidechain === true || parent_tool_use_id !== undefined ? null : input;
  return { id: message.id ?? null, input, output, context, window: null, costUsd: null };
}
