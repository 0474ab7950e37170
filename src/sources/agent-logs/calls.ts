import type { Activity } from "../../core/evidence/activity.ts";
import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import { lastActs, silentMs } from "../../core/evidence/silent.ts";
import type { Zone } from "../../core/text/time.ts";
import {
  begin,
  callsFolded,
  count,
  countsOf,
  type LinePlace,
  type LogStream,
  lastLines,
  lastWordLines,
  type PlacedRecord,
  type Tally,
} from "./counted-calls.ts";
import { eventsOf, type LogRecord, readRecord } from "./records.ts";

/**
 * A log that was silent of a task for so long and speaks of it again speaks of a new start: what was counted before is
 * over. And of what is silent for so long only its last words and its counts are told: it is in no loop any more.
 */
export const gapMs = silentMs;
/** Writers in parallel put records out of order by a few lines: so many are sorted by their times. */
const reorderLines = 16;
/** So many lines are read before owners that can only begin anew are forgotten. */
const linesBetween = 65_536;

type LineAt = (place: number) => { readonly text: string; readonly zone: Zone };

type StreamTest = (stream: Pick<LogStream, "keys" | "lastAt">) => boolean;

/** What was known of a log before, and how it goes on. */
export type Before = {
  readonly streams: ReadonlyMap<string, LogStream>;
  /** Streams that fell silent before this were forgotten; epoch milliseconds. */
  readonly forgotAt: number;
  /** Records that were known are in the files no more: they stay known, and what is left of them is not counted again. */
  readonly isLoss: boolean;
};

/** One log while its lines are read: first all are counted, then those that can decide are folded. */
export class CallLog {
  newEvents = 0;
  /** A record belongs between those that were folded at an earlier run: the log must be read anew. */
  needsThePast = false;
  private readonly waiting: PlacedRecord[] = [];
  private readonly tallies = new Map<string, Tally>();
  private lines = 0;

  /** `keepFrom`: what fell silent before it is of no use; epoch milliseconds. */
  constructor(
    private readonly name: string,
    private readonly before: Before | null,
    private readonly keepFrom: number,
  ) {}

  /** Counts a line; a text says what was expected of a bad one. */
  accept(text: string, at: LinePlace & { readonly zone: Zone }): string | null {
    const record = readRecord(this.name, text, at.zone);
    if (record === null || typeof record === "string") return record;
    this.newEvents += record.outcome === "open" || record.outcome === "none" ? 1 : 2;
    const { waiting } = this;
    let index = waiting.length;
    while (index > 0 && (waiting[index - 1]?.record.at ?? 0) > record.at) index -= 1;
    const entry = { record, place: at.place, line: at.line };
    if (index === waiting.length) waiting.push(entry);
    else waiting.splice(index, 0, entry);
    if (waiting.length > reorderLines) this.countFirst();
    return null;
  }

  /** All lines are read: folds those that can decide of the streams that are told, by whether they still live. */
  finish(isTold: StreamTest, isLiving: StreamTest, lineAt: LineAt): Map<string, LogStream> {
    while (this.waiting.length > 0) this.countFirst();
    const streams = new Map<string, LogStream>();
    for (const [owner, stream] of this.before?.streams ?? []) {
      // It was taken for ended, and goes on.
      if (isLiving(stream) && !stream.isWhole && this.before?.isLoss === false) this.needsThePast = true;
      streams.set(owner, isLiving(stream) ? stream : lastWords(stream));
    }
    const tallies = [...this.tallies].filter(([, tally]) => isTold(tally));
    const folds = tallies.map(([, tally]) => foldOf(tally, isLiving(tally)));
    foldLines(this.name, folds, lineAt);
    for (const [index, [owner, tally]] of tallies.entries()) {
      const { keys, agent, lastAt, ids, before } = tally;
      const activity = { ...(folds[index]?.activity ?? emptyActivity()), ...countsOf(tally) };
      const isWhole = isLiving(tally) && (before?.isWhole ?? true);
      const stream = { keys, agent, lastAt, ids: [...ids], isWhole, activity };
      streams.set(owner, isWhole ? stream : lastWords(stream));
    }
    return streams;
  }

  private countFirst(): void {
    const entry = this.waiting.shift();
    if (entry === undefined) return;
    this.lines += 1;
    if (this.lines % linesBetween === 0) this.forget(entry.record.at);
    const tally = this.tallyOf(entry.record);
    if (tally !== null) count(tally, entry);
  }

  /** Null when the record is of no use. */
  private tallyOf(record: LogRecord): Tally | null {
    const { owner, at } = record;
    const known = this.tallies.get(owner);
    if (known !== undefined && at <= known.lastAt + gapMs) {
      if (known.before !== null && at < known.before.lastAt) return this.late(known.before, at);
      return at < known.lastAt - gapMs ? null : known;
    }
    const before = known === undefined ? this.streamOf(owner, at) : null;
    if (before !== null && at <= before.lastAt + gapMs) {
      const isKnown = this.before?.isLoss === true && at === before.lastAt;
      if (at < before.lastAt || isKnown) return this.late(before, at);
      if (!before.isWhole && this.before?.isLoss !== true) this.needsThePast = true;
    }
    const tally = begin(record, before !== null && at <= before.lastAt + gapMs ? before : null);
    this.tallies.set(owner, tally);
    return tally;
  }

  private streamOf(owner: string, at: number): LogStream | null {
    if (this.before === null) return null;
    const { streams, forgotAt, isLoss } = this.before;
    const known = streams.get(owner);
    if (known === undefined && !isLoss && at <= forgotAt + gapMs) this.needsThePast = true;
    return known ?? null;
  }

  private late(before: LogStream, at: number): null {
    if (this.before?.isLoss !== true && at >= before.lastAt - gapMs) this.needsThePast = true;
    return null;
  }

  // Of months of work there are more owners than a run needs.
  private forget(now: number): void {
    for (const [owner, { lastAt }] of this.tallies)
      if (lastAt < this.keepFrom && lastAt + gapMs < now) this.tallies.delete(owner);
  }
}

/** The lines to fold into an activity, in their order. */
type Fold = { readonly activity: Activity; readonly lines: readonly LinePlace[] };

function foldOf(tally: Tally, isLiving: boolean): Fold {
  const { before, places } = tally;
  if (before !== null && places.length <= callsFolded)
    return { activity: before.activity, lines: lastLines(tally, callsFolded) };
  const lines = isLiving ? lastLines(tally, callsFolded) : lastWordLines(tally);
  return { activity: emptyActivity(), lines };
}

/** Reads the lines once more, in the order in which they stand, and folds each activity's in the order in which they are given. */
function foldLines(name: string, folds: readonly Fold[], lineAt: LineAt): void {
  const wanted = folds.flatMap((fold, index) =>
    fold.lines.map(({ place }, turn) => ({ place, index, turn })),
  );
  wanted.sort((a, b) => a.place - b.place);
  const states = folds.map(() => ({ next: 0, early: new Map<number, LogRecord | string | null>() }));
  for (const { place, index, turn } of wanted) {
    const [fold, state] = [folds[index], states[index]];
    if (fold === undefined || state === undefined) continue;
    const { text, zone } = lineAt(place);
    state.early.set(turn, readRecord(name, text, zone));
    for (
      let record = state.early.get(state.next);
      record !== undefined;
      record = state.early.get(state.next)
    ) {
      const line = fold.lines[state.next]?.line ?? null;
      state.early.delete(state.next);
      state.next += 1;
      if (record === null || typeof record === "string") continue;
      for (const event of eventsOf(record, line)) observe(fold.activity, event);
    }
  }
}

/** What is told of a stream that is silent or over. */
function lastWords(stream: LogStream): LogStream {
  return { ...stream, ids: [], isWhole: false, activity: lastActs(stream.activity) };
}
