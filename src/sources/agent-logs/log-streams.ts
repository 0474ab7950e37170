import { type Names, namesOf } from "../../core/claims/names.ts";
import type { Activity } from "../../core/evidence/activity.ts";
import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import { plainText } from "../../core/text/safe-text.ts";
import type { LogEntry } from "./records.ts";
import { gapMs } from "./window.ts";

/**
 * Records of one owner may stand out of order by this many lines of the file; further apart, file order counts. Lines,
 * not records: so it does not matter which lines of other owners were read.
 */
const reorderLines = 16;

/** What one file says of one owner since it last began. */
export type LogStream = {
  readonly keys: Names;
  readonly agent: string | null;
  readonly beganAt: number;
  lastAt: number;
  readonly activity: Activity;
};

/** Where a line is: its first byte, and its number from 1. */
export type LinePlace = { readonly offset: number; readonly line: number };

/** A record that still waits for earlier ones. */
type Pending = LinePlace & { readonly entry: LogEntry; readonly owner: string };

/**
 * What becomes of a record of an owner: it is folded, it is too old to matter, or it may go on with what was forgotten,
 * so that only reading the file anew can tell. `isNew`: nothing is known of the owner.
 */
export type Judge = (owner: string, at: number, isNew: boolean) => "fold" | "too_old" | "needs_the_past";

/** Folds the records of one file by their owner, in the order of their times. */
export class LogStreams {
  readonly streams: Map<string, LogStream>;
  /** Some record was judged so. */
  needsThePast = false;
  /** In the order of their times. */
  private pending: Pending[] = [];
  private firstPendingLine = Number.POSITIVE_INFINITY;

  constructor(
    private readonly ownerOf: (entry: LogEntry) => string,
    private readonly judge: Judge,
    known: Iterable<readonly [string, LogStream]>,
  ) {
    this.streams = new Map(known);
  }

  /** Takes in the record of line `line`, which begins at `offset`. */
  accept(entry: LogEntry, offset: number, line: number): void {
    // What the lines before this one were too far for is in order without it.
    this.release(line - 1 - reorderLines);
    const { pending } = this;
    let index = pending.length;
    while (index > 0 && (pending[index - 1]?.entry.at ?? 0) > entry.at) index -= 1;
    pending.splice(index, 0, { entry, owner: this.ownerOf(entry), offset, line });
    this.firstPendingLine = Math.min(this.firstPendingLine, line);
    this.release(line - reorderLines);
  }

  /** Folds what no record after `line` + `reorderLines` may come before, and what its owner did before that. */
  private release(line: number): void {
    if (this.firstPendingLine > line) return;
    const last = new Map<string, Pending>();
    for (const record of this.pending) if (record.line <= line) last.set(record.owner, record);
    const waiting: Pending[] = [];
    for (const record of this.pending) {
      const { entry, owner } = record;
      const until = last.get(owner);
      if (until === undefined) {
        waiting.push(record);
        continue;
      }
      if (until === record) last.delete(owner);
      const fate = this.judge(owner, entry.at, !this.streams.has(owner));
      if (fate === "needs_the_past") this.needsThePast = true;
      else if (fate === "fold") fold(this.streams, owner, entry);
    }
    this.pending = waiting;
    this.firstPendingLine = Math.min(...waiting.map((record) => record.line), Number.POSITIVE_INFINITY);
  }

  /** Where the records stand that still wait, and what they name. */
  waiting(): (LinePlace & { readonly names: string[] })[] {
    return this.pending.map(({ offset, line, entry }) => ({ offset, line, names: namesOf(entry.keys) }));
  }

  /** The streams as they are when nothing more comes; those kept stay as they are. */
  settled(): Map<string, LogStream> {
    const settled = new Map(this.streams);
    for (const { entry, owner } of this.pending) {
      const stream = settled.get(owner);
      if (this.judge(owner, entry.at, stream === undefined) === "too_old") continue;
      if (stream !== undefined && stream === this.streams.get(owner))
        settled.set(owner, { ...stream, activity: structuredClone(stream.activity) });
      fold(settled, owner, entry);
    }
    return settled;
  }
}

function fold(streams: Map<string, LogStream>, owner: string, entry: LogEntry): void {
  const known = streams.get(owner);
  if (known !== undefined && entry.at < known.lastAt - gapMs) return;
  const goesOn = known !== undefined && entry.at <= known.lastAt + gapMs;
  const stream = goesOn
    ? known
    : {
        keys: entry.keys,
        agent: entry.agent === null ? null : plainText(entry.agent, 60),
        beganAt: entry.at,
        lastAt: entry.at,
        activity: emptyActivity(),
      };
  if (!goesOn) streams.set(owner, stream);
  stream.lastAt = Math.max(stream.lastAt, entry.at);
  for (const event of entry.events) observe(stream.activity, event);
}
