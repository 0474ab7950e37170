import { statSync } from "node:fs";
import { z } from "zod";
import { Activity, emptyActivity, observe } from "../../core/activity.ts";
import type { Problem } from "../../core/problem.ts";
import { parseTime } from "../../core/time.ts";
import { FileCursor, NotReadable, readLines } from "../../io/tail.ts";
import { isBulky, parseRecord } from "./record.ts";
import { emptyState, noteRecord, TranscriptState } from "./transcript-state.ts";
import { translate } from "./translate.ts";

/** What is kept of a file between runs. */
export const KeptStream = z.object({ cursor: FileCursor, state: TranscriptState, activity: Activity });
export type KeptStream = z.infer<typeof KeptStream>;

/** A file read to its end: everything folded so far, and what this look added. */
export type StreamRead = KeptStream & {
  readonly newEvents: number;
  readonly skippedLines: number;
  readonly problems: readonly Problem[];
};

/** What kind of file it is: `log` is a redirected `stream-json` output, of which a new session begins anew. */
export type StreamKind = "session" | "sub_agent" | "log";

// A first look reads at most so much of a file's end.
const firstLookBytes = 32 * 1024 * 1024;

/**
 * Folds what came since the last look, or the file from its start when it is another one now.
 * @throws {NotReadable}
 */
export function readStream(path: string, kind: StreamKind, kept: KeptStream | null, now: number): StreamRead {
  const read = readFrom(path, kind, kept, now);
  return read ?? readFrom(path, kind, null, now) ?? vanished(path);
}

function vanished(path: string): never {
  throw new NotReadable("vanished", `${path} changes while it is read`);
}

// null: the kept state is of another file.
function readFrom(path: string, kind: StreamKind, kept: KeptStream | null, now: number): StreamRead | null {
  let state = kept === null ? emptyState() : structuredClone(kept.state);
  let activity = kept === null ? emptyActivity() : structuredClone(kept.activity);
  const problems: Problem[] = [];
  const untimed: { line: number | null } = { line: null };
  // The only clock of a log without times. A copied file can be newer than the given time.
  const writtenAt = Math.min(now, Math.round(modifiedAt(path)));
  let newEvents = 0;
  let hasUntimed = false;
  const lines = readLines(
    path,
    kept?.cursor ?? null,
    (line) => {
      if (line.text === "" || isBulky(line.text)) return;
      const record = parseRecord(line.text);
      if (record === null) {
        problems.push(badLine(path, line.number));
        return;
      }
      if (kind === "log" && isOtherSession(state, record.session_id)) {
        state = emptyState();
        activity = emptyActivity();
      }
      if (!noteRecord(state, record)) return;
      const ownAt = parseTime(record.timestamp);
      // A log of 2.0 has no times of its own; a transcript's records without one are bookkeeping.
      if (ownAt === null && kind !== "log") return;
      if (ownAt === null) {
        hasUntimed = true;
        untimed.line = line.number;
      }
      const at = ownAt ?? state.clockAt ?? writtenAt;
      state.clockAt = Math.max(state.clockAt ?? at, at);
      const place = { at, line: line.number, activity, state, isSubAgent: kind === "sub_agent" };
      for (const event of translate(record, place)) {
        observe(activity, event);
        newEvents += 1;
      }
    },
    kept === null ? firstLookBytes : null,
  );
  if (lines.startedOver) return null;
  for (const number of lines.tooLong) problems.push(tooLong(path, number));
  if (hasUntimed && writtenAt > (state.clockAt ?? 0)) {
    state.clockAt = writtenAt;
    observe(activity, { type: "active", at: writtenAt, line: untimed.line });
  }
  return { cursor: lines.cursor, state, activity, newEvents, skippedLines: problems.length, problems };
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isOtherSession(state: TranscriptState, sessionId: string | undefined): boolean {
  return sessionId !== undefined && state.sessionId !== null && state.sessionId !== sessionId;
}

function badLine(path: string, line: number | null): Problem {
  return { code: "bad_line", path, line, column: null, message: "must be a JSON object with a type" };
}

function tooLong(path: string, line: number | null): Problem {
  return {
    code: "line_too_long",
    path,
    line,
    column: null,
    message: "is longer than 10 MiB and was skipped",
  };
}
