import { type Run, runsOf } from "../core/gaps.ts";
import { type History, noHistory, recall } from "../core/history.ts";
import { isKeepable } from "../core/plain-text.ts";
import { plural } from "../core/plural.ts";
import { readEventLog } from "./event-log.ts";
import { isKeptPast, packPast, unpackPast } from "./kept-past.ts";

/** What the event log tells of the runs up to a moment. */
export type Past = {
  readonly history: History;
  readonly runs: readonly Run[];
  /** How many events were read, and how many lines were none. */
  readonly eventCount: number;
  readonly skippedLines: number;
};

export type PastRead = Past & {
  /** Why nothing could be read, when that is so; an absent log is simply empty. */
  readonly trouble: string | null;
  /** Plain JSON for the next look. */
  readonly kept: unknown;
};

/** Reads what the event log at `path` tells up to `now` (epoch milliseconds). `kept`: what the last look returned. */
export function readPast(path: string, now: number, kept: unknown = null): PastRead {
  const earlier = isKeptPast(kept) ? kept : null;
  const { events, skippedLines, trouble, place, goesOn } = readEventLog(path, earlier?.place ?? null);
  const before = goesOn && earlier !== null ? unpackPast(earlier) : nothing;
  const past = {
    history: recall(events, now, before.history),
    runs: [...before.runs, ...runsOf(events, now)],
    eventCount: before.eventCount + events.length,
    skippedLines: before.skippedLines + skippedLines,
  };
  // What is later than this look was left out: the next one reads it again.
  const isUpToNow = events.every(({ time }) => Date.parse(time) <= now);
  const next = place !== null && isUpToNow ? packPast(past, place) : null;
  return { ...past, trouble, kept: isKeepable(next) ? next : null };
}

const nothing: Past = { history: noHistory, runs: [], eventCount: 0, skippedLines: 0 };

/** Why the log at `path` without a run cannot be the first one's; null when it can. */
export function lostRecord(
  { trouble, skippedLines }: PastRead,
  path: string,
  hasCheckpoint: boolean,
): string | null {
  if (trouble !== null) return `${path} ${trouble}`;
  const skipped = plural(skippedLines, "line");
  if (skippedLines > 0) return `${path} holds no earlier run (${skipped} could not be read)`;
  // The checkpoint is written by recorded runs only: it outlived the log.
  return hasCheckpoint ? `${path} is gone since the last run` : null;
}
