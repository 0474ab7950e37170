import { parseJson } from "../../core/parse-json.ts";
import { type FileCursor, holds, readLines } from "../../io/tail.ts";
import { addBadLine, type BadLines, recentBadLines } from "./bad-lines.ts";
import type { KeptFile } from "./kept.ts";
import { type Judge, type LogStream, LogStreams } from "./log-streams.ts";
import { type LogEntry, parseChallenge, parseToolCall, snakeKeys } from "./record.ts";
import { gapMs, hourOfLine, olderThan, type Window } from "./window.ts";

/** Of a longer log only so much of its end is read: months of calls of many agents. */
export const longestLogBytes = 1024 ** 3;
/** How much farther back is read at a second try, and when all of it is. */
const nextBackMs = 8 * 24 * 3_600_000;
const farthestBackMs = 100 * 24 * 3_600_000;

/** What reading one log of calls or challenges needs to know. */
export type LogLook = {
  readonly path: string;
  readonly name: string;
  /** Whose a record is, as one word. */
  readonly ownerOf: (entry: LogEntry) => string;
  /** Which of an owner's records matter. */
  readonly windowOf: (owner: string) => Window;
  /** The widest window of all owners. */
  readonly widest: Window;
  readonly onBytes: (count: number) => void;
};

/** A log after a look: as it is told, and as it is kept. */
export type LogRead = {
  readonly told: ReadonlyMap<string, LogStream>;
  readonly bad: BadLines;
  readonly newEvents: number;
  /** Only its end was read. */
  readonly isCut: boolean;
  readonly kept: KeptFile;
};

/**
 * Reads what was added to a log since `kept`, or all of it that matters. `forgottenAt` is up to when a new owner's
 * records may belong to a stream that the last look left out. @throws {NotReadable}
 */
export function readLog(
  look: LogLook,
  kept: KeptFile | null,
  forgottenAt: (owner: string) => number,
): LogRead {
  if (kept !== null && holds(look.path, kept.cursor)) {
    const judge: Judge = (owner, at, isNew) =>
      isNew && at <= forgottenAt(owner) ? "needs_the_past" : "fold";
    const read = pass(look, new LogStreams(look.ownerOf, judge, Object.entries(kept.streams)), kept, null);
    if (read !== null) return read;
  }
  return readAnew(look);
}

// A stream that began near the edge of what was read may go back behind it: then the file is read from farther back.
function readAnew(look: LogLook): LogRead {
  for (let back: number | null = 0; ; back = fartherBack(back)) {
    const edgeOf = (owner: string) =>
      back === null ? Number.NEGATIVE_INFINITY : look.windowOf(owner).readFrom - back;
    const judge: Judge = (owner, at) => (at < edgeOf(owner) ? "too_old" : "fold");
    const readFrom = back === null ? null : look.widest.readFrom - back;
    const read = pass(look, new LogStreams(look.ownerOf, judge, []), null, readFrom);
    const isWhole = ([owner, { beganAt }]: readonly [string, { readonly beganAt: number }]) =>
      beganAt > edgeOf(owner) + gapMs;
    if (read !== null && [...read.told, ...Object.entries(read.kept.streams)].every(isWhole)) return read;
  }
}

function fartherBack(back: number | null): number | null {
  if (back === null || back > farthestBackMs) return null;
  return back === 0 ? nextBackMs : back * 4;
}

/** One way through the file; null when it cannot tell without the past. */
function pass(
  look: LogLook,
  streams: LogStreams,
  kept: Pick<KeptFile, "cursor" | "pending" | "bad"> | null,
  readFrom: number | null,
): LogRead | null {
  const { name, widest, windowOf } = look;
  const bad = kept === null ? {} : recentBadLines(kept.bad, widest.readFrom);
  let newEvents = 0;
  const read = readLines(
    look.path,
    kept?.cursor ?? null,
    ({ text, number, offset }) => {
      const entry = readRecord(name, text, number);
      if (typeof entry === "string")
        addBadLine(bad, hourOfLine(text), { code: "bad_line", line: number, message: entry });
      if (entry === null || typeof entry === "string") return;
      newEvents += entry.events.length;
      streams.accept(entry, offset, number);
    },
    longestLogBytes,
    {
      onBytes: look.onBytes,
      ...(readFrom === null ? {} : { skips: olderThan(readFrom) }),
      onResume: (lineAt) => {
        for (const { offset, line } of kept?.pending ?? []) {
          const entry = readRecord(name, lineAt(offset), line);
          if (entry !== null && typeof entry !== "string") streams.accept(entry, offset, line);
        }
      },
    },
  );
  if (streams.needsThePast || (kept !== null && read.startedOver)) return null;
  for (const line of read.tooLong)
    addBadLine(bad, null, { code: "line_too_long", line, message: "expected a record of at most 10 MiB" });
  const settled = [...streams.settled()];
  const recent = recentBadLines(bad, widest.readFrom);
  return {
    told: new Map(settled.filter(([owner, { lastAt }]) => lastAt >= windowOf(owner).tellFrom)),
    bad: recent,
    newEvents,
    isCut: read.cursor.line === null,
    kept: keep(read.cursor, streams, recent, windowOf),
  };
}

function keep(
  cursor: FileCursor,
  streams: LogStreams,
  bad: BadLines,
  windowOf: LogLook["windowOf"],
): KeptFile {
  return {
    cursor,
    pending: streams.waiting(),
    bad,
    streams: Object.fromEntries(
      [...streams.streams].filter(([owner, { lastAt }]) => lastAt >= windowOf(owner).keepFrom),
    ),
  };
}

/** null for a record of another kind; a text says what was expected. */
function readRecord(name: string, text: string, line: number | null): LogEntry | string | null {
  if (text.trim() === "") return null;
  const record = snakeKeys(parseJson(text));
  if (record === null) return "expected a JSON object";
  const lineHash = `#${Bun.hash(text).toString(36)}`;
  const isChallenges = name.endsWith("_challenges.jsonl");
  const entry = isChallenges ? parseChallenge(record, line, lineHash) : parseToolCall(record, line, lineHash);
  // Any other file may hold records of another kind; only a challenge log promises challenges.
  return entry === null && isChallenges ? "expected a challenge with event_type and timestamp" : entry;
}
