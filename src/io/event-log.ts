import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { MonitoringEvent } from "../core/monitoring-event.ts";
import { parseJson } from "../core/parse-json.ts";
import { parseRecalled, type RecalledEvent } from "../core/recalled-event.ts";
import { NotReadable } from "./open-file.ts";
import { readLines } from "./tail.ts";

/** How much of the log's end is read back: some days of runs every 4 minutes. */
const rememberedBytes = 4 * 1024 * 1024;
/** The same where not one run stands in that: the line of a run is as long as it has tasks. */
const farthestBytes = 64 * 1024 * 1024;

export type EventLogRead = {
  readonly events: readonly RecalledEvent[];
  /** Lines that are none of ours: torn by a crash, or of a future version. */
  readonly skippedLines: number;
  /** Why nothing could be read, when that is so; an absent log is simply empty. */
  readonly trouble: string | null;
};

/** Reads the end of the event log. Lines that are not events are skipped and counted. */
export function readEventLog(path: string): EventLogRead {
  const { read, isWhole } = readLast(path, rememberedBytes);
  const hasRun = read.events.some(({ type }) => type === "agentmonitor.run.v1");
  return hasRun || isWhole ? read : readLast(path, farthestBytes).read;
}

function readLast(
  path: string,
  lastBytes: number,
): { readonly read: EventLogRead; readonly isWhole: boolean } {
  const events: RecalledEvent[] = [];
  let skippedLines = 0;
  try {
    const { cursor } = readLines(
      path,
      null,
      ({ text }) => {
        const event = parseRecalled(parseJson(text));
        if (event !== null) events.push(event);
        else if (text.trim() !== "") skippedLines += 1;
      },
      lastBytes,
    );
    return { read: { events, skippedLines, trouble: null }, isWhole: cursor.line !== null };
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    const trouble = error.code === "vanished" ? null : error.message;
    return { read: { events, skippedLines, trouble }, isWhole: true };
  }
}

/**
 * Appends all events in one write; creates the log (mode 0600) and its folder. A torn last line is closed first, in the
 * same write. `isThere`: the events go on from a log that was read; a new one in its place would begin in the middle.
 * @throws when the log cannot be written; what was written before stays.
 */
export function appendEvents(path: string, events: readonly MonitoringEvent[], isThere = false): void {
  if (events.length === 0) return;
  if (!isThere) mkdirSync(dirname(path), { recursive: true });
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_RDWR | O_APPEND | (isThere ? 0 : O_CREAT) | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error("is not a file");
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    const bytes = Buffer.from(endsTorn(fd, stats.size) ? `\n${lines}` : lines);
    const written = writeSync(fd, bytes);
    if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
  } finally {
    closeSync(fd);
  }
}

function endsTorn(fd: number, sizeBytes: number): boolean {
  if (sizeBytes === 0) return false;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, sizeBytes - 1);
  return last[0] !== 10;
}
