import { parseTime } from "../../core/text/time.ts";
import { taskFinder } from "./line-task.ts";

/**
 * A log that was silent of a task for so long and speaks of it again speaks of a new start: what was counted before is
 * over. So the past that a log's activity depends on has an end, which a look can know without reading all of it.
 */
export const gapMs = 6 * 3_600_000;
/** What fell silent later than this is told even with a shorter `--since`: a stuck task stays stuck over a holiday. */
const shortestTellMs = 14 * 24 * 3_600_000;
const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** One line of each is looked at to see whether a log is in the order of time. */
const stretchBytes = 1024 * 1024;

/** Which records of an owner matter to a look; epoch milliseconds. */
export type Window = {
  /** Streams that fell silent before this are not told. */
  readonly tellFrom: number;
  /** Streams that fell silent before this are forgotten: they can only begin anew. */
  readonly keepFrom: number;
  /** Older records say nothing of any stream that is kept; a full hour, as they are told apart. */
  readonly readFrom: number;
};

/** The windows of a look: `over` is for owners whose delegations all ended before `since`, `open` for all others. */
export type Windows = { readonly open: Window; readonly over: Window; readonly since: number };

/** The windows of a look at `now` that tells what happened since `since`. */
export function windowsOf(now: number, since: number): Windows {
  const tellFrom = Math.min(since, now - shortestTellMs);
  const keepFrom = tellFrom - gapMs;
  return {
    // Far enough back for the beginning of most tasks that were at work then.
    open: { tellFrom, keepFrom, readFrom: hourOf(keepFrom - 3 * gapMs) },
    // What is over says nothing more, as a rule: its past is read when it does.
    over: { tellFrom: since, keepFrom: since, readFrom: hourOf(since) },
    since,
  };
}

/**
 * Tells, from a line's bytes alone, that its record is too old to matter: older than `readFrom`, or than what matters of
 * the task that it names. `onHour` is told the hour of each line whose time can be told so.
 */
export function tooOld(
  readFrom: number,
  readFromOf: ((task: string) => number) | null,
  onHour: (hour: number) => void,
): (bytes: Buffer) => (from: number, to: number) => boolean {
  const known = { head: Buffer.alloc(0), hour: 0 };
  const edges = new Map<string, number>();
  return (bytes) => {
    const hourAt = hourFinder(bytes, known);
    const taskAt = readFromOf === null ? null : taskFinder(bytes);
    return (from, to) => {
      const hour = hourAt(from, to);
      if (hour === null) return false;
      onHour(hour);
      if (hour < readFrom) return true;
      const task = taskAt === null || readFromOf === null ? null : taskAt(from, to);
      if (task === null || readFromOf === null) return false;
      const edge = edges.get(task) ?? readFromOf(task);
      edges.set(task, edge);
      return hour < edge;
    };
  };
}

/**
 * Up to where a log is too old to matter, if it is in the order of time: the beginning of a line. 0 where it is not, as far
 * as one line of each stretch says, or where nothing is that old. Around the edge a day is left for lines out of order.
 */
export function oldPart(
  sizeBytes: number,
  lineAfter: (offset: number) => { readonly text: string; readonly offset: number } | null,
  readFrom: number,
): number {
  let end = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let offset = stretchBytes; offset < sizeBytes; offset += stretchBytes) {
    const line = lineAfter(offset);
    const hour = line === null ? null : hourOfLine(line.text);
    if (line === null || hour === null || hour < last) return 0;
    last = hour;
    if (hour < readFrom - dayMs) end = line.offset;
  }
  return end;
}

/** The hour of a line's one time; null when there is none, or more than one to choose from. */
export function hourOfLine(line: string): number | null {
  const bytes = Buffer.from(line);
  return hourFinder(bytes, { head: Buffer.alloc(0), hour: 0 })(0, bytes.length);
}

const key = Buffer.from('"timestamp"');
/** Longer than any time is written. */
const valueBytes = 48;

// Lines are asked for in their order, so that each stretch of bytes is searched once. `known`: most lines share the hour
// of the line before.
function hourFinder(
  bytes: Buffer,
  known: { head: Buffer; hour: number },
): (from: number, to: number) => number | null {
  let next = bytes.indexOf(key);
  return (from, to) => {
    if (next !== -1 && next < from) next = bytes.indexOf(key, from);
    if (next === -1 || next >= to) return null;
    const after = next + key.length;
    next = bytes.indexOf(key, after);
    if (next !== -1 && next < to) return null;
    const quoteAt = after + (bytes[after + 1] === space ? 2 : 1);
    if (bytes[after] === colon && isSameHour(bytes, quoteAt, to, known.head)) return known.hour;
    const value = bytes.toString("latin1", after, Math.min(to, after + valueBytes));
    const time = writtenTime(value);
    if (time === null) return null;
    const hour = hourOf(time);
    const inUtc = utc.exec(value)?.[1];
    if (inUtc !== undefined) {
      known.head = Buffer.from(inUtc);
      known.hour = hour;
    }
    return hour;
  };
}

/** Whether a whole time in UTC with the same date and hour stands at a quote. Byte by byte: it is asked of every line. */
function isSameHour(bytes: Buffer, at: number, to: number, head: Buffer): boolean {
  if (head.length === 0 || at + 22 > to) return false;
  for (let index = 0; index < head.length; index += 1) if (bytes[at + index] !== head[index]) return false;
  // `:31:49Z"` or `:31:49.892Z"`
  const end = bytes[at + 20] === point ? at + 24 : at + 20;
  if (bytes[end] !== zulu || bytes[end + 1] !== quote) return false;
  for (let index = at + 14; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (
      index === at + 14 || index === at + 17
        ? byte !== colon
        : index !== at + 20 && (byte < zero || byte > nine)
    )
      return false;
  }
  return (bytes[at + 15] ?? 0) < six && (bytes[at + 18] ?? 0) < six;
}

const [space, quote, point, zero, six, nine, colon, zulu] = [32, 34, 46, 48, 54, 57, 58, 90];

// Its date and hour with their quote: `"2026-11-22T14`. A leap second is of the next hour.
const utc = /^: ?("\d{4}-\d\d-\d\dT\d\d):\d\d:[0-5]\d(?:\.\d{1,9})?Z"/;
const written = /^\s*:\s*(?:"([^"\\]{1,40})"|(\d[\d.]{0,20})\s*[,}])/;

/** The time that stands after the key: a text, or a number. */
function writtenTime(value: string): number | null {
  const found = written.exec(value);
  if (found === null) return null;
  return parseTime(found[1] ?? Number(found[2]));
}

/** The full hour of a time. */
export function hourOf(time: number): number {
  return Math.floor(time / hourMs) * hourMs;
}
