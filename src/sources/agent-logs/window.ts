import { parseTime } from "../../core/time.ts";

/**
 * A log that was silent of a task for so long and speaks of it again speaks of a new start: what was counted before is
 * over. So the past that a log's activity depends on has an end, which a look can know without reading all of it.
 */
export const gapMs = 12 * 3_600_000;
/** What fell silent later than this is told even with a shorter `--since`: over a weekend a stuck task stays stuck. */
const shortestTellMs = 3 * 24 * 3_600_000;
const hourMs = 3_600_000;

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
  return { open: windowFrom(Math.min(since, now - shortestTellMs)), over: windowFrom(since), since };
}

function windowFrom(tellFrom: number): Window {
  const keepFrom = tellFrom - gapMs;
  return { tellFrom, keepFrom, readFrom: hourOf(keepFrom - gapMs) };
}

/** Tells, from a line's bytes alone, that its record is older than `readFrom`. */
export function olderThan(readFrom: number): (bytes: string) => (from: number, to: number) => boolean {
  return (bytes) => {
    const hourAt = hourFinder(bytes);
    return (from, to) => {
      const hour = hourAt(from, to);
      return hour !== null && hour < readFrom;
    };
  };
}

/** The hour of a line's one time; null when there is none, or more than one to choose from. */
export function hourOfLine(line: string): number | null {
  return hourFinder(line)(0, line.length);
}

const key = '"timestamp"';

// Lines are asked for in their order, so that each stretch of text is searched once.
function hourFinder(text: string): (from: number, to: number) => number | null {
  let next = text.indexOf(key);
  let known = { written: "", hour: 0 };
  return (from, to) => {
    if (next !== -1 && next < from) next = text.indexOf(key, from);
    if (next === -1 || next >= to) return null;
    const at = next + key.length;
    next = text.indexOf(key, at);
    if (next !== -1 && next < to) return null;
    const written = writtenTime(text, at, to);
    if (written === null) return null;
    // `2026-11-22T14` of a time in UTC: most lines share it with the line before.
    const head = /Z$/.test(written) && written.length >= 20 ? written.slice(0, 13) : written;
    if (head !== known.written) {
      const time = parseTime(/^\d+(?:\.\d+)?$/.test(written) ? Number(written) : written);
      if (time === null) return null;
      known = { written: head, hour: hourOf(time) };
    }
    return known.hour;
  };
}

/** What stands after the key: the text of a string, or a number. */
function writtenTime(text: string, from: number, to: number): string | null {
  const value = /\s*:\s*(?:"([^"\\]{1,40})"|(\d[\d.]{0,20})\s*[,}])/y;
  value.lastIndex = from;
  const found = value.exec(text);
  return found === null || value.lastIndex > to ? null : (found[1] ?? found[2] ?? null);
}

function hourOf(time: number): number {
  return Math.floor(time / hourMs) * hourMs;
}
