// The plugin (from 3.17.10) runs a task whose model failed again, in another session: `[BACKGROUND TASK RETRYING]` when it
// is queued again, `[BACKGROUND TASK RETRY SESSION READY]` when there is a session.
import type { PartRow } from "./rows.ts";

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
