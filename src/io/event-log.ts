import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { MonitoringEvent } from "../core/log/event.ts";
import { parseRecalled, type RecalledEvent } from "../core/log/recalled-event.ts";
import { parseRecord } from "../core/text/fields.ts";
import { NotReadable, statsOf } from "./open-file.ts";
import { openLog } from "./open-log.ts";
import { beginningOf, eachLine, type FileCursor, type Line, readLines } from "./tail.ts";

/** How much of the log's end is read back at least: some days of runs every 4 minutes. */
const rememberedBytes = 4 * 1024 * 1024;
/** The same where not one run stands in that: the line of a run is as long as it has tasks. */
const farthestBytes = 64 * 1024 * 1024;
/** Where reading begins moves on in steps, so that what was made of the log serves for days. */
const stepBytes = 1024 * 1024;

export type EventLogRead = {
  readonly events: readonly RecalledEvent[];
  /** Lines that are none of ours: torn by a crash, or of a future version. */
  readonly skippedLines: number;
  /** Why nothing could be read, when that is so; an absent log is simply empty. */
  readonly trouble: string | null;
  /** What the next look can go on from; null where it must read anew. */
  readonly place: EventLogPlace | null;
  /** The events are those after the place that was given, not all of the log's end. */
  readonly goesOn: boolean;
};

/** How far an event log was read, and from which byte on. */
export type EventLogPlace = { readonly begin: number; readonly cursor: FileCursor };

/** Reads the end of the event log, or what came after `from`. Lines that are not events are skipped and counted. */
export function readEventLog(path: string, from: EventLogPlace | null = null): EventLogRead {
  const near = readLast(path, rememberedBytes, from);
  const isWhole = near.place === null || near.place.begin === 0;
  const hasRun = near.events.some(({ type }) => type === "agentmonitor.run.v1");
  return hasRun || isWhole || near.goesOn ? near : { ...readLast(path, farthestBytes, null), place: null };
}

/** No event is shorter. */
const shortestEvent = 64;

function eventIn(line: string): RecalledEvent | null {
  return line.length < shortestEvent ? null : parseRecalled(parseRecord(line));
}

/**
 * What the parts that a rotation moved away tell of the time before a log begins, oldest first: of the newest `parts` as
 * much as a log is read back. What cannot be read of them is left out.
 */
export function readRotatedEvents(parts: readonly string[]): readonly RecalledEvent[] {
  const found: RecalledEvent[][] = [];
  let left = rememberedBytes;
  const newestFirst = parts
    .map((path) => ({ path, changedAt: statsOf(path)?.mtimeMs ?? 0 }))
    .sort((a, b) => b.changedAt - a.changedAt);
  for (const { path } of newestFirst) {
    if (left <= 0) break;
    const events: RecalledEvent[] = [];
    try {
      const { bytes, close } = openLog(path);
      try {
        const take = ({ text }: Line): void => {
          const event = eventIn(text);
          if (event !== null) events.push(event);
        };
        eachLine(bytes, beginningOf(bytes, left), take, {});
        left -= bytes.size;
      } finally {
        close();
      }
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
    }
    found.unshift(events);
  }
  return found.flat();
}

function readLast(path: string, bytes: number, from: EventLogPlace | null): EventLogRead {
  const beginOf = (sizeBytes: number) => Math.max(0, Math.floor((sizeBytes - bytes) / stepBytes) * stepBytes);
  const events: RecalledEvent[] = [];
  let skippedLines = 0;
  try {
    let begin = beginOf(statsOf(path)?.size ?? 0);
    const known = from?.begin === begin ? from.cursor : null;
    const { cursor, startedOver } = readLines(
      path,
      known,
      ({ text }) => {
        const event = eventIn(text);
        if (event !== null) events.push(event);
        else if (text.trim() !== "") skippedLines += 1;
      },
      (sizeBytes) => {
        begin = beginOf(sizeBytes);
        return sizeBytes - begin;
      },
    );
    return {
      events,
      skippedLines,
      trouble: null,
      place: { begin, cursor },
      goesOn: known !== null && !startedOver,
    };
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    const trouble = error.code === "vanished" ? null : error.message;
    return { events, skippedLines, trouble, place: null, goesOn: false };
  }
}

/**
 * Appends all events in one write; creates the log (mode 0600) and its folder. A torn last line is closed first, in the
 * same write. `isThere`: the events go on from a log that was read; a new one in its place would begin in the middle.
 * @throws when the log cannot be written; what was written before stays.
 */
export function appendEvents(path: string, events: readonly MonitoringEvent[], isThere = false): void {
  if (events.length === 0) return;
  if (!isThere) makeFolder(dirname(path));
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_RDWR | O_APPEND | (isThere ? 0 : O_CREAT) | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error("is not a file");
    // Whatever the umask: the next run is to read it.
    if ((stats.mode & 0o600) !== 0o600) fchmodSync(fd, stats.mode | 0o600);
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    const bytes = Buffer.from(endsTorn(fd, stats.size) ? `\n${lines}` : lines);
    const written = writeSync(fd, bytes);
    if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
  } finally {
    closeSync(fd);
  }
}

/** Makes a folder and those above it, each at least open to this user, whatever the umask; another run may do so too. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  chmodSync(path, statSync(path).mode | 0o700);
}

function endsTorn(fd: number, sizeBytes: number): boolean {
  if (sizeBytes === 0) return false;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, sizeBytes - 1);
  return last[0] !== 10;
}
