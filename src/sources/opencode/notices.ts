// What the plugin (oh-my-opencode 2.14 … 4.19) and OpenCode itself write into a parent session about its background tasks.
// The words are often wrong: a child that died of HTTP 400 was announced as COMPLETED in five of six plugin versions.
import type { Claim } from "../../core/evidence/stream.ts";
import { readTools, toolInput } from "./calls.ts";
import type { Conversation, PartRow } from "./records.ts";

/** What was said about a task; `id` is its `bg_` id, its delegation's, or a session id. `text`: the reason that was given. */
export type Told = { readonly id: string; readonly claim: Claim; readonly text: string | null };

const heading = /\[(?:ALL )?BACKGROUND TASKS? ([A-Z][A-Z ]*?)(?: - \d+ FAILED)?\]/;
const section = /^\*\*(Completed|Failed|Cancelled|Interrupted):\*\*/i;
const listed = /^\s*(?:-\s*|\*\*ID:\*\*\s*)`(bg_[0-9A-Za-z]+)`/;
const delegated = /^\s*<task-notification>\s*<task-id>([\w-]+)<\/task-id>\s*<status>(\w+)<\/status>/;
/** `subagent` from 2.0. */
const native = /^\s*<(?:task|subagent) (?:id|sessionID)="(ses_\w+)" state="(\w+)"/;
const oldStyle = /\[BACKGROUND TASK ([A-Z]+)\].*task_id="(bg_[0-9A-Za-z]+)"/;

/** A text that a program put in a person's place. */
export function isNotice(text: string): boolean {
  return /^\s*(<system-reminder>|\[SYSTEM |<(task|subagent|shell) (id|sessionID)="|<task-notification>|\[BACKGROUND TASK )/.test(
    text,
  );
}

/** A notice that wakes nobody: it is the last message of an idle session. */
export function isWithoutReply(text: string): boolean {
  if (!isNotice(text)) return false;
  return (
    isRetryNotice(text) || text.includes("OMO_INTERNAL_NOREPLY") || /\d+ tasks? still in progress/.test(text)
  );
}

/** What the plugin told a parent about its tasks, in the order of time: notices, and answers of its tools. */
export function toldAbout(
  conversation: Conversation,
  reads: readonly PartRow[],
  file: string,
): readonly Told[] {
  const told: Told[] = [];
  for (const message of conversation.messages) {
    if (message.body.role !== "user") continue;
    for (const part of conversation.parts.get(message.id) ?? []) {
      for (const { id, word, text } of noticed(part.body.text ?? "")) {
        told.push({
          id,
          claim: {
            by: "parent session",
            says: meaning(word, text),
            word,
            at: message.createdAt,
            file,
            line: null,
          },
          text,
        });
      }
    }
  }
  for (const part of reads) {
    const at = part.body.state?.time.end ?? part.createdAt;
    const by = `parent session (${part.body.tool})`;
    for (const { id, word } of answersIn(part))
      told.push({ id, claim: { by, says: meaning(word, null), word, at, file, line: null }, text: null });
  }
  return told.sort((a, b) => (a.claim.at ?? 0) - (b.claim.at ?? 0));
}

type Noticed = { readonly id: string; readonly word: string; readonly text: string | null };

function noticed(text: string): Noticed[] {
  const alone = text.match(native) ?? text.match(delegated);
  if (alone?.[1] !== undefined && alone[2] !== undefined)
    return [{ id: alone[1], word: alone[2], text: null }];
  if (!text.includes("BACKGROUND TASK")) return [];
  const found: Noticed[] = [];
  let word: string | null = null;
  for (const line of text.split("\n")) {
    const old = line.match(oldStyle);
    if (old?.[1] !== undefined && old[2] !== undefined) found.push({ word: old[1], id: old[2], text: null });
    word = line.match(section)?.[1]?.toUpperCase() ?? line.match(heading)?.[1] ?? word;
    const id = line.match(listed)?.[1];
    if (id === undefined || word === null || found.some((one) => one.id === id)) continue;
    const own = line.match(/\[(ERROR|FAILED|CANCELLED|INTERRUPT(?:ED)?|TIMEOUT)\](?:\s+-\s+(.+))?/);
    const error = own?.[2] ?? text.match(/^\*\*Error:\*\*\s*(.+)$/m)?.[1] ?? null;
    found.push({ id, word: own?.[1] ?? word, text: error });
  }
  return found;
}

function answersIn({ body }: PartRow): { id: string; word: string }[] {
  if (!readTools.some((tool) => tool === body.tool) || body.state?.status !== "completed") return [];
  const output = body.state.output ?? "";
  const named = toolInput(body.state.input).taskId;
  const ids = named === undefined ? [...new Set(output.match(/\bbg_[0-9A-Za-z]+\b/g))] : [named];
  const word = answerWord(body.tool ?? "", output);
  if (word === null) return [];
  // Only a cancellation can be of several.
  return (/cancel/i.test(word) ? ids : ids.slice(0, 1)).map((id) => ({ id, word }));
}

function answerWord(tool: string, output: string): string | null {
  // Of several it prints what each was before.
  if (tool === "background_cancel" && /^\s*Cancelled \d+\b/i.test(output)) return "cancelled";
  const status =
    output.match(/\|\s*Status\s*\|\s*\**(\w+)\**/)?.[1] ??
    output.match(/^(?:Status:|\*\*Status:\*\*) (\w+)/m)?.[1];
  if (status !== undefined) return status;
  if (tool === "background_cancel")
    return /^\s*(Task cancelled|Cancelled)\b/i.test(output) ? "cancelled" : null;
  if (!/^\s*Task Result\b/.test(output)) return null;
  return /\n---\s+Session error: /.test(output) ? "error" : "result";
}

function meaning(word: string, text: string | null): Claim["says"] {
  if (text !== null && /\btimed out\b/i.test(text)) return "timeout";
  if (/RETRY|RUNNING|PENDING|PROGRESS/i.test(word)) return "open";
  // It could not be started, say: no person's doing.
  if (/INTERRUPT/i.test(word) && text !== null && !/abort|cancel|delete|interrupt/i.test(text))
    return "failure";
  if (/ERROR|FAIL/i.test(word)) return "failure";
  if (/CANCEL|INTERRUPT/i.test(word)) return "cancelled";
  return /TIMEOUT|TIMED/i.test(word) ? "timeout" : "success";
}

// The plugin (from 3.17.10) runs a task whose model failed again, in another session: `[BACKGROUND TASK RETRYING]` when it
// is queued again, `[BACKGROUND TASK RETRY SESSION READY]` when there is a session.

/** How a background task was taken up again. `at` in epoch milliseconds. */
export type Retry = {
  /** null: queued again, no session yet. */
  readonly sessionId: string | null;
  /** The sessions that it left behind. */
  readonly failed: readonly string[];
  readonly at: number;
};

/** How such a notice begins, within its reminder. */
export const retryHeading = "[BACKGROUND TASK RETRY";

/** The last retry of each task, by its `bg_` id, as a parent session was told in its `parts`. */
export function retriesIn(parts: readonly PartRow[]): ReadonlyMap<string, Retry> {
  const retries = new Map<string, Retry>();
  for (const { body, createdAt } of parts) {
    const text = body.text ?? "";
    const taskId = isRetryNotice(text) ? text.match(/^\*\*ID:\*\* `(bg_[0-9A-Za-z]+)`/m)?.[1] : undefined;
    if (taskId === undefined) continue;
    const failed = text.match(/^- Failed session: `(ses_\w+)`/m)?.[1];
    retries.set(taskId, {
      sessionId: text.match(/^\*\*Retry session:\*\* `(ses_\w+)`/m)?.[1] ?? null,
      failed: [...(retries.get(taskId)?.failed ?? []), ...(failed === undefined ? [] : [failed])],
      at: createdAt,
    });
  }
  return retries;
}

/** A notice of a retry; it wakes nobody, whether it is marked so (from 4.9.2) or not. */
export function isRetryNotice(text: string): boolean {
  return /^\s*(<system-reminder>\s*)?\[BACKGROUND TASK RETRY[A-Z ]*\]/.test(text);
}
