import { type Fields, parseJson, wordIn } from "../../core/text/fields.ts";
import { plainName } from "../../core/text/safe-text.ts";
import { holds, readLines } from "../../io/tail.ts";
import { addBadLine, addTooLong, type BadLines, dateBadLines, recentBadLines } from "./bad-lines.ts";
import type { KeptFile } from "./kept.ts";
import { type Judge, type LogStream, LogStreams } from "./log-streams.ts";
import { type LogEntry, parseChallenge, parseToolCall, snakeKeys } from "./records.ts";
import { gapMs, hourOf, hourOfLine, oldPart, tooOld, type Window } from "./window.ts";

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
  /** Of a longer log only so much of its end is read. */
  readonly lastBytes: number;
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
    // A record of a task is its owner's; what is expected of a challenge is only told by parsing it.
    const edgeOfTask = isChallenges(look.name) ? null : (task: string) => edgeOf(plainName(task));
    const edges = back === null ? null : { readFrom: look.widest.readFrom - back, ofTask: edgeOfTask };
    const read = pass(look, new LogStreams(look.ownerOf, judge, []), null, edges);
    const isWhole = ([owner, { beganAt }]: readonly [string, { readonly beganAt: number }]) =>
      beganAt > edgeOf(owner) + gapMs;
    if (read !== null && [...read.told, ...Object.entries(read.kept.streams)].every(isWhole)) return read;
  }
}

function fartherBack(back: number | null): number | null {
  if (back === null || back > farthestBackMs) return null;
  return back === 0 ? nextBackMs : back * 4;
}

/** Before which records are too old to matter: all of the file's, and those of a task; null where that cannot be told. */
type Edges = { readonly readFrom: number; readonly ofTask: ((task: string) => number) | null };

/** One way through the file; null when it cannot tell without the past. */
function pass(
  look: LogLook,
  streams: LogStreams,
  kept: KeptFile | null,
  edges: Edges | null,
): LogRead | null {
  const { name, widest, windowOf } = look;
  const bad = kept === null ? {} : recentBadLines(kept.bad, widest.readFrom);
  let newEvents = 0;
  let unnumbered = 0;
  // Of the last line with a time: a bad line without one is as old.
  let hour = kept?.hour ?? null;
  const setHour = (next: number): void => {
    if (hour === null) dateBadLines(bad, next);
    hour = next;
  };
  const read = readLines(
    look.path,
    kept?.cursor ?? null,
    ({ text, number, offset }) => {
      const entry = readRecord(name, text, number);
      if (entry === null || typeof entry === "string") {
        const own = hourOfLine(text);
        if (own !== null) setHour(own);
        if (entry !== null) addBadLine(bad, own ?? hour, { code: "bad_line", line: number, message: entry });
        return;
      }
      setHour(hourOf(entry.at));
      newEvents += entry.events.length;
      // Unknown only where a log is so long that its beginning was not read: then file order counts.
      unnumbered += number === null ? 1_000 : 0;
      streams.accept(entry, offset, number ?? unnumbered);
    },
    look.lastBytes,
    {
      onBytes: look.onBytes,
      onTooLong: (line) => addTooLong(bad, hour, line),
      ...(edges === null
        ? {}
        : {
            startsAt: (sizeBytes, lineAfter) => oldPart(sizeBytes, lineAfter, edges.readFrom),
            skips: tooOld(edges.readFrom, edges.ofTask, setHour),
          }),
      onResume: (lineAt) => {
        for (const { offset, line } of kept?.pending ?? []) {
          const entry = readRecord(name, lineAt(offset), line);
          if (entry !== null && typeof entry !== "string") streams.accept(entry, offset, line);
        }
      },
    },
  );
  if (streams.needsThePast || (kept !== null && read.startedOver)) return null;
  const settled = [...streams.settled()];
  const recent = recentBadLines(bad, widest.readFrom);
  return {
    told: new Map(settled.filter(([owner, { lastAt }]) => lastAt >= windowOf(owner).tellFrom)),
    bad: recent,
    newEvents,
    isCut: read.cursor.line === null,
    kept: keep({ cursor: read.cursor, bad: recent, hour }, streams, windowOf),
  };
}

function keep(
  file: Pick<KeptFile, "cursor" | "bad" | "hour">,
  streams: LogStreams,
  windowOf: LogLook["windowOf"],
): KeptFile {
  return {
    ...file,
    pending: streams.waiting(),
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
  if (isChallenges(name))
    return parseChallenge(record, line, text) ?? "expected a challenge with event_type and timestamp";
  // Any other file may hold records of another kind.
  return parseToolCall(record, line, text) ?? (isUndatedCall(record) ? expectedTime : null);
}

const expectedTime =
  "expected a tool call's timestamp as an RFC 3339 time with its offset or an epoch number";

// A launcher may have kept what an agent printed: such a record says its type, and may well name a tool.
function isUndatedCall(record: Fields): boolean {
  return wordIn(record, "tool") !== null && (record.timestamp != null || record.type === undefined);
}

function isChallenges(name: string): boolean {
  return name.endsWith("_challenges.jsonl");
}
