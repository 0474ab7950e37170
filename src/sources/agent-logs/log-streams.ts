import type { Activity } from "../../core/activity.ts";
import { emptyActivity, observe } from "../../core/observe.ts";
import { plainText } from "../../core/plain-text.ts";
import type { LogEntry, LogKeys } from "./record.ts";
import { gapMs } from "./window.ts";

/** Records may stand out of order by this many in a file; further apart, file order counts. */
const reorderWindow = 16;

/** What one file says of one owner since it last began. */
export type LogStream = {
  readonly keys: LogKeys;
  readonly agent: string | null;
  readonly beganAt: number;
  lastAt: number;
  readonly activity: Activity;
};

/** Where a line is: its first byte, and its number from 1 where that is known. */
export type LinePlace = { readonly offset: number; readonly line: number | null };

/** A record that still waits for earlier ones. */
type Pending = LinePlace & { readonly entry: LogEntry };

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
  private readonly pending: Pending[] = [];

  constructor(
    private readonly ownerOf: (entry: LogEntry) => string,
    private readonly judge: Judge,
    known: Iterable<readonly [string, LogStream]>,
  ) {
    this.streams = new Map(known);
  }

  /** Takes in the record of line `line`, which begins at `offset`. */
  accept(entry: LogEntry, offset: number, line: number | null): void {
    const { pending } = this;
    let index = pending.length;
    while (index > 0 && (pending[index - 1]?.entry.at ?? 0) > entry.at) index -= 1;
    pending.splice(index, 0, { entry, offset, line });
    const due = pending.length > reorderWindow ? pending.shift() : undefined;
    if (due === undefined) return;
    const owner = this.ownerOf(due.entry);
    const fate = this.judge(owner, due.entry.at, !this.streams.has(owner));
    if (fate === "needs_the_past") this.needsThePast = true;
    else if (fate === "fold") fold(this.streams, owner, due.entry);
  }

  /** Where the records stand that still wait. */
  waiting(): LinePlace[] {
    return this.pending.map(({ offset, line }) => ({ offset, line }));
  }

  /** The streams as they are when nothing more comes; those kept stay as they are. */
  settled(): Map<string, LogStream> {
    const settled = new Map(this.streams);
    for (const { entry } of this.pending) {
      const owner = this.ownerOf(entry);
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
