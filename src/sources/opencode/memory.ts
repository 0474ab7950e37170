import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import { parseJson } from "../../core/text/fields.ts";
import type { FollowedFiles } from "../followed-files.ts";
import type { Store } from "./records.ts";

/**
 * What is kept of a session without children, so that it is not read again while nothing is written to it. `activity`
 * is JSON, folded from its conversation alone; this program wrote it, and the checkpoint's hash vouches for it.
 */
const KeptSession = z.object({
  mark: z.string(),
  activity: z.string(),
  agent: z.string().nullable(),
  isWhole: z.boolean(),
  /** Epoch milliseconds. */
  lastMessageAt: z.number().nullable(),
});
type KeptSession = z.infer<typeof KeptSession>;

/** A row changed so shortly before a look may change again without a new time. */
const settleMs = 5_000;

/** Sessions that the last look kept, and that this one keeps. */
export class KeptSessions {
  constructor(
    private readonly files: FollowedFiles,
    private readonly now: number,
  ) {}

  /** The session as the last look left it; null when it must be read. */
  recall(id: string, store: Store): { readonly kept: KeptSession; readonly activity: Activity } | null {
    const kept = KeptSession.safeParse(this.files.recall(`session ${id}`)).data;
    if (kept === undefined || store.markOf(id)?.text !== kept.mark || store.children(id).length > 0)
      return null;
    const activity = parseJson(kept.activity);
    if (!isActivity(activity)) return null;
    this.files.keep(`session ${id}`, kept);
    return { kept, activity };
  }

  /** Keeps a session that was read just now, if it is over and nothing was written to it lately: the others are told anew at each look. */
  keep(id: string, store: Store, activity: Activity, rest: Omit<KeptSession, "mark" | "activity">): void {
    if (activity.ended === null) return;
    const mark = store.markOf(id);
    if (mark === null || mark.newestAt > this.now - settleMs) return;
    const kept = { mark: mark.text, activity: JSON.stringify(activity), ...rest };
    this.files.keep(`session ${id}`, kept satisfies KeptSession);
  }
}

function isActivity(value: unknown): value is Activity {
  return typeof value === "object" && value !== null && "openCalls" in value;
}
