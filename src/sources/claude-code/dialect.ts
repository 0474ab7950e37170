import { parseTime } from "../../core/time.ts";
import type { Dialect } from "../followed-file.ts";
import { ClaudeRecord, isBulky } from "./record.ts";
import { emptyState, noteRecord, TranscriptState } from "./transcript-state.ts";
import { translate } from "./translate.ts";

/** What kind of file it is: `log` is redirected `stream-json` output, in which another session begins anew. */
export type FileKind = "session" | "sub_agent" | "log";

/** How Claude Code writes a file of this kind; `now` bounds the times that a copied log's modification time gives. */
export function dialectOf(kind: FileKind, now: number): Dialect<TranscriptState> {
  return {
    memory: TranscriptState,
    begin: emptyState,
    skips: isBulky,
    translate(raw, { line, fileAt, activity }, state) {
      const parsed = ClaudeRecord.safeParse(raw);
      if (!parsed.success) return null;
      const record = parsed.data;
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
      const writtenAt = Math.min(fileAt, now);
      if (ownAt !== null) state.hasTimes = true;
      const at = ownAt ?? Math.max(state.clockAt ?? 0, state.hasTimes ? 0 : writtenAt);
      state.clockAt = Math.max(state.clockAt ?? at, at);
      const place = { at, line, activity, state, isSubAgent: kind === "sub_agent" };
      return { events: translate(record, place), startOver: isOther };
    },
  };
}
