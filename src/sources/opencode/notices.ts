// What the plugin (oh-my-opencode 2.14 … 4.19) and OpenCode itself write into a parent session about its background tasks.
// The words are often wrong: a child that died of HTTP 400 was announced as COMPLETED in five of six plugin versions.
import type { Claim } from "../../core/evidence/stream.ts";
import { readTools, toolInput } from "./calls.ts";
import type { Conversation, PartRow } from "./records.ts";

/** What was said about a task; `id` is its `bg_` id, or a session id. */
export type Told = { readonly id: string; readonly claim: Claim };

const heading = /\[(?:ALL )?BACKGROUND TASKS? ([A-Z][A-Z ]*?)(?: - \d+ FAILED)?\]/;
const section = /^\*\*(Completed|Failed|Cancelled|Interrupted):\*\*/i;
const listed = /^\s*(?:-\s*|\*\*ID:\*\*\s*)`(bg_[0-9a-f]{8})`/;
const oldStyle = /\[BACKGROUND TASK ([A-Z]+)\].*task_id="(bg_[0-9a-f]{8})"/;

/** A text that a program put in a person's place. */
export function isNotice(text: string): boolean {
  return /^\s*(<system-reminder>|\[SYSTEM |<task id="ses_|\[BACKGROUND TASK )/.test(text);
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
      for (const { id, word } of noticed(part.body.text ?? "")) {
        told.push({
          id,
          claim: { by: "parent session", says: meaning(word), word, at: message.createdAt, file, line: null },
        });
      }
    }
  }
  for (const part of reads) {
    const answer = answerOf(part);
    if (answer === null) continue;
    const { id, word } = answer;
    const at = part.body.state?.time.end ?? part.createdAt;
    told.push({
      id,
      claim: { by: `parent session (${part.body.tool})`, says: meaning(word), word, at, file, line: null },
    });
  }
  return told.sort((a, b) => (a.claim.at ?? 0) - (b.claim.at ?? 0));
}

function noticed(text: string): { id: string; word: string }[] {
  const native = text.match(/^\s*<task id="(ses_\w+)" state="(\w+)"/);
  if (native?.[1] !== undefined && native[2] !== undefined) return [{ id: native[1], word: native[2] }];
  if (!text.includes("BACKGROUND TASK")) return [];
  const found: { id: string; word: string }[] = [];
  let word: string | null = null;
  for (const line of text.split("\n")) {
    const old = line.match(oldStyle);
    if (old?.[1] !== undefined && old[2] !== undefined) found.push({ word: old[1], id: old[2] });
    word = line.match(section)?.[1]?.toUpperCase() ?? line.match(heading)?.[1] ?? word;
    const id = line.match(listed)?.[1];
    if (id === undefined || word === null || found.some((one) => one.id === id)) continue;
    found.push({ id, word: line.match(/\[(ERROR|FAILED|CANCELLED|INTERRUPTED|TIMEOUT)\]/)?.[1] ?? word });
  }
  return found;
}

function answerOf(part: PartRow): { id: string; word: string } | null {
  if (!readTools.some((tool) => tool === part.body.tool) || part.body.state?.status !== "completed")
    return null;
  const output = part.body.state.output ?? "";
  const input = toolInput(part.body.state.input);
  const id = output.match(/\bbg_[0-9a-f]{8}\b/)?.[0] ?? input.taskId ?? null;
  if (id === null) return null;
  const status = output.match(/\|\s*Status\s*\|\s*\**(\w+)\**/)?.[1] ?? output.match(/^Status: (\w+)/m)?.[1];
  if (status !== undefined) return { id, word: status };
  if (/^\s*Task Result\b/.test(output))
    return { id, word: /\n---\s+Session error: /.test(output) ? "error" : "result" };
  return null;
}

function meaning(word: string): Claim["says"] {
  if (/RETRY|RUNNING|PENDING|PROGRESS/i.test(word)) return "open";
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
    const taskId = isRetryNotice(text) ? text.match(/^\*\*ID:\*\* `(bg_[0-9a-f]{8})`/m)?.[1] : undefined;
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
