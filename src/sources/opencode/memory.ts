import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import { ownValue, parseJson } from "../../core/text/fields.ts";
import { isKeepable, isPlainJson } from "../../core/text/safe-text.ts";
import type { Store } from "./records.ts";

/**
 * What is kept of a session without children, so that it is not read again while nothing is written to it. `activity`
 * is JSON, folded from its conversation alone; this program wrote it, and the checkpoint's hash vouches for it.
 */
export const KeptSession = z.object({
  mark: z.string(),
  activity: z.string(),
  agent: z.string().nullable(),
  isWhole: z.boolean(),
  /** Epoch milliseconds. */
  lastMessageAt: z.number().nullable(),
});
export type KeptSession = z.infer<typeof KeptSession>;

/** A row changed so shortly before a look may change again without a new time. */
const settleMs = 5_000;

/** Sessions of the last look, and those of this one. */
export class KeptSessions {
  /** By session id. */
  readonly next: Record<string, KeptSession> = {};

  constructor(
    private readonly known: Readonly<Record<string, KeptSession>>,
    private readonly now: number,
  ) {}

  /** The session as the last look left it; null when it must be read. */
  recall(id: string, store: Store): { readonly kept: KeptSession; readonly activity: Activity } | null {
    const kept = ownValue(this.known, id);
    if (kept === undefined || store.markOf(id)?.text !== kept.mark || store.children(id).length > 0)
      return null;
    const activity = isPlainJson(kept.activity) ? parseJson(kept.activity) : null;
    if (!isActivity(activity)) return null;
    this.next[id] = kept;
    return { kept, activity };
  }

  /** Keeps a session that was read just now, if it is over and nothing was written to it lately: the others are told anew at each look. */
  keep(id: string, store: Store, activity: Activity, rest: Omit<KeptSession, "mark" | "activity">): void {
    if (activity.ended === null) return;
    const mark = store.markOf(id);
    if (mark === null || mark.newestAt > this.now - settleMs || !isKeepable([id, mark.text, rest.agent]))
      return;
    this.next[id] = { mark: mark.text, activity: JSON.stringify(activity), ...rest };
  }
}

function isActivity(value: unknown): value is Activity {
  return typeof value === "object" && value !== null && "openCalls" in value;
}
