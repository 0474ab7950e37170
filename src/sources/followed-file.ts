import { closeSync } from "node:fs";
import type { z } from "zod";
import type { Activity } from "../core/evidence/activity.ts";
import type { AgentEvent } from "../core/evidence/agent-event.ts";
import { emptyActivity, observe, observeOver } from "../core/evidence/observe.ts";
import { isSilent, lastActs, silentMs } from "../core/evidence/silent.ts";
import { plural } from "../core/text/duration.ts";
import { fieldOf, parseRecord, recordOf } from "../core/text/fields.ts";
import type { Problem } from "../core/text/problem.ts";
import { requireInside } from "../io/links.ts";
import { NotReadable, openFile } from "../io/open-file.ts";
import { type FileCursor, readLines } from "../io/tail.ts";
import { problemAt } from "./problem-at.ts";
import type { SourceContext } from "./source.ts";

/** A first look at a longer file begins this far before its end; the rules look at the last calls only. */
const firstLookBytes = 16 * 1024 * 1024;
/** What grew by more since the last look is read from there, too: a look must end. */
const mostNewBytes = 128 * 1024 * 1024;
/** Bad lines that are shown one by one; all are counted. */
const problemsKept = 5;

/**
 * Where a record stands: `line` from 1, `fileAt` the file's modification time for records that carry none, `activity`
 * what was folded before it.
 */
type RecordPlace = {
  readonly line: number | null;
  readonly fileAt: number;
  readonly activity: Readonly<Activity>;
};

/**
 * How one agent writes its lines. `Memory` is what the translation of a line needs to know of those before it: plain
 * JSON, bounded, kept between runs with the activity, unless a secret stands in it: then the file is read anew. `translate`
 * may change it; null = the record is none of this kind and counts as a bad line. `startOver`: the file took back
 * everything before this record.
 */
export type Dialect<Memory> = {
  readonly memory: z.ZodType<Memory>;
  begin(): Memory;
  /** Whether a line is of a kind that says nothing and may be very long, told without parsing it. */
  skips?(line: string): boolean;
  /** The little that counts of a line that may be very long, told without parsing it; null for any other line. */
  skim?(line: string): object | null;
  translate(
    record: unknown,
    place: RecordPlace,
    memory: Memory,
  ): { readonly events: readonly AgentEvent[]; readonly startOver?: boolean } | null;
};

type Kept<Memory> = State<Memory> & { readonly cursor: FileCursor };

/** What is known of one append-only file after a look. `kept` goes into the checkpoint. */
export type Followed<Memory> = {
  readonly activity: Activity;
  readonly memory: Memory;
  readonly newEvents: number;
  readonly skippedLines: number;
  readonly problems: readonly Problem[];
  readonly kept: unknown;
  /** Only its end was read. */
  readonly isCut: boolean;
};

/** What following a file needs to know. */
export type FollowContext = Pick<SourceContext, "root" | "budget" | "onBytes" | "now">;

/**
 * Folds what was appended to a file of JSON lines since `kept`, or the whole file when `kept` is of another one, was
 * made by another version, or is null. Trouble with the file is a problem in the answer; null = the file is gone,
 * or the budget names it as left out.
 */
export function follow<Memory>(
  path: string,
  context: FollowContext,
  dialect: Dialect<Memory>,
  kept: unknown,
): Followed<Memory> | { readonly problem: Problem } | null {
  const { root, budget } = context;
  try {
    requireInside(path, [root]);
    if (!budget.allows(path)) return null;
    const { fileAt, sizeBytes } = factsOf(path);
    const state = isKept<Memory>(kept) && !isOutgrown(kept, sizeBytes) ? kept : beginning(dialect);
    const isQuiet = fileAt < context.now - silentMs;
    const read = (from: State<Memory>, isOver: boolean) =>
      fold(path, context, dialect, from, { fileAt, isOver });
    const first = read(state, isQuiet);
    const { followed } = first.startedOver ? read(beginning(dialect), isQuiet) : first;
    const goesOn = followed.newEvents > 0 && !isSilent(followed.activity, context.now);
    // Its records are later than the file says.
    return isQuiet && goesOn ? read(beginning(dialect), false).followed : followed;
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    if (error.code === "vanished") return null;
    return { problem: problemAt(error.code, path, root, null, error.message) };
  }
}

/** What to say of files of which only the end was read. */
export function cutNotes(files: number): readonly string[] {
  if (files === 0) return [];
  const what = plural(files, "long file");
  return [
    `of ${what} only the last ${firstLookBytes / 1024 ** 2} MiB were read: tool calls are counted from there`,
  ];
}

type State<Memory> = {
  readonly cursor: FileCursor | null;
  readonly activity: Activity;
  readonly memory: Memory;
  readonly skippedLines: number;
  readonly problems: readonly Problem[];
  /** Only its last acts are kept, of a file of this size: one that grew is read anew. */
  readonly silentBytes: number | null;
};

function beginning<Memory>(dialect: Dialect<Memory>): State<Memory> {
  const nothing = { cursor: null, skippedLines: 0, problems: [], silentBytes: null };
  return { ...nothing, activity: emptyActivity(), memory: dialect.begin() };
}

function fold<Memory>(
  path: string,
  { root, onBytes, now }: FollowContext,
  dialect: Dialect<Memory>,
  state: State<Memory>,
  { fileAt, isOver }: { readonly fileAt: number; readonly isOver: boolean },
): { readonly followed: Followed<Memory>; readonly startedOver: boolean } {
  let { activity, memory, skippedLines } = state;
  const problems = [...state.problems];
  let newEvents = 0;
  const skip = (code: Problem["code"], line: number | null, message: string): void => {
    skippedLines += 1;
    if (problems.length < problemsKept) problems.push(problemAt(code, path, root, line, message));
  };
  const read = readLines(
    path,
    state.cursor,
    ({ text, number }) => {
      if (text.trim() === "" || dialect.skips?.(text) === true) return;
      const record = dialect.skim?.(text) ?? parseRecord(text);
      const translated =
        record === undefined ? null : dialect.translate(record, { line: number, fileAt, activity }, memory);
      if (translated === null) return skip("bad_line", number, "must be a JSON record of this log");
      if (translated.startOver === true) activity = emptyActivity();
      for (const event of translated.events) (isOver ? observeOver : observe)(activity, event);
      newEvents += translated.events.length;
    },
    firstLookBytes,
    onBytes === undefined ? {} : { onBytes },
  );
  for (const line of read.tooLong) skip("line_too_long", line, "must be shorter than 10 MiB");
  const isOverNow = isSilent(activity, now);
  if (isOverNow) activity = lastActs(activity);
  const silentBytes = isOverNow ? read.stats.size : null;
  const isSame =
    !read.startedOver &&
    read.cursor.offset === state.cursor?.offset &&
    isOverNow === (state.silentBytes !== null);
  // What was kept of a file that did not grow was made safe then.
  const kept = isSame
    ? state
    : {
        ...{ cursor: read.cursor, activity, skippedLines, problems, silentBytes },
        memory: dialect.memory.safeParse(memory).data,
      };
  return {
    followed: {
      activity,
      memory,
      newEvents,
      skippedLines,
      problems,
      kept,
      isCut: read.cursor.line === null,
    },
    startedOver: read.startedOver,
  };
}

/** This program wrote it, and the checkpoint's hash vouches for what is inside. */
function isKept<Memory>(kept: unknown): kept is Kept<Memory> {
  return ["cursor", "activity", "memory"].every((name) => recordOf(fieldOf(kept, name)) !== null);
}

function isOutgrown({ cursor, silentBytes }: Kept<unknown>, sizeBytes: number): boolean {
  return (silentBytes !== null && silentBytes !== sizeBytes) || sizeBytes - cursor.offset > mostNewBytes;
}

function factsOf(path: string): { readonly fileAt: number; readonly sizeBytes: number } {
  const { fd, stats } = openFile(path);
  closeSync(fd);
  return { fileAt: Math.round(stats.mtimeMs), sizeBytes: stats.size };
}
