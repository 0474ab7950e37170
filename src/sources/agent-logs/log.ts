import { join, relative } from "node:path";
import type { Problem } from "../../core/text/problem.ts";
import type { Zone } from "../../core/text/time.ts";
import { requireInside } from "../../io/links.ts";
import { NotReadable, statsOf } from "../../io/open-file.ts";
import { type OpenLog, openLog } from "../../io/open-log.ts";
import {
  beginningOf,
  type ContentMark,
  eachLine,
  type Line,
  type LineBreak,
  lineReader,
  markAt,
  stillStands,
} from "../../io/tail.ts";
import type { SourceContext } from "../source.ts";
import { logsFolder } from "./paths.ts";
import { readRecord, zoneOf } from "./records.ts";

/** Bad lines of a log that are named one by one; the others are only counted. */
const badLinesNamed = 20;
/** Places in the parts of a log are told apart by adding this for each part before. */
const partStep = 2 ** 42;

/** How far each file of a log was read, by its path from the root. */
export type KeptLog = {
  readonly parts: Readonly<Record<string, KeptPart>>;
  readonly badLines: readonly Problem[];
  readonly skippedLines: number;
  /** Records that were read once are in no file any more. */
  readonly hasLost: boolean;
};
type KeptPart = { readonly sizeBytes: number; readonly modifiedAt: number; readonly mark: ContentMark };

/**
 * How a log is read: on from where the last run ended, all of it, or, where records are in no file any more, all of it on
 * top of what is known.
 */
export type Way = "on" | "anew" | "after_loss";

/** One file of a log: the one that is written to, or what a rotation moved away, copied or packed. */
type Part = {
  readonly file: string;
  readonly log: OpenLog;
  /** Of its times without one. */
  readonly zone: Zone;
  begin: LineBreak;
  end: LineBreak;
};

/** One log with all its parts, while it is read. */
export class Log {
  skippedLines = 0;
  /** Lines of this run that were no bad ones. */
  newLines = 0;
  private readonly badLines: Problem[] = [];
  private readonly unreadable: Problem[] = [];
  /** Some of it was left to the next run. */
  isPartial = false;
  way: Way = "anew";
  /** The part that is written to, absolute. */
  readonly file: string;
  private parts: Part[] = [];
  private readonly partsRead: Record<string, KeptPart> = {};

  /** `files`: its parts, absolute; the one that is written to is called `name`. `from`: what was written before is of no use. */
  constructor(
    private readonly context: SourceContext,
    readonly name: string,
    files: readonly string[],
    from: number,
    private readonly known: KeptLog | undefined,
  ) {
    this.file = writtenTo(join(context.root, logsFolder, name), files);
    const live = this.file;
    const older = files.filter((file) => file !== live && (statsOf(file)?.mtimeMs ?? 0) >= from);
    if (files.includes(live)) this.open(live);
    const [last] = this.parts;
    if (known !== undefined && this.isSameButFor(last, known, older)) {
      this.way = "on";
      this.skippedLines = known.skippedLines;
      this.badLines.push(...known.badLines);
      if (last !== undefined) last.begin = keptOf(this.context.root, known, live)?.mark ?? last.begin;
      return;
    }
    for (const file of older) this.open(file);
    if (known !== undefined && (known.hasLost || !this.holdsAll(known, files))) this.way = "after_loss";
    this.parts = inOrder(name, live, this.parts);
  }

  /** Gives every line to `use`, with the part that it stands in, from the root; `use` says what it expected of a bad one. */
  read(
    use: (
      text: string,
      at: { readonly place: number; readonly line: number | null; readonly zone: Zone },
      file: string,
    ) => string | null,
  ): void {
    for (const [index, part] of this.parts.entries()) {
      const file = relative(this.context.root, part.file);
      const { bytes } = part.log;
      const accept = ({ text, number, offset }: Line) => {
        const expected = use(text, { place: index * partStep + offset, line: number, zone: part.zone }, file);
        if (expected === null) this.newLines += 1;
        else this.skip("bad_line", file, number, expected);
      };
      const onTooLong = (line: number | null) =>
        this.skip("line_too_long", file, line, "expected a record of at most 10 MiB");
      const onBytes = (count: number) => this.context.onBytes?.(count);
      if (this.way !== "on") part.begin = beginningOf(bytes, this.context.budget.logBytes);
      this.attempt(part.file, () => {
        part.end = eachLine(bytes, part.begin, accept, { onTooLong, onBytes });
      });
    }
  }

  /** A line by its place, with the zone of its times. */
  lineAt(): (place: number) => { readonly text: string; readonly zone: Zone } {
    const readers = this.parts.map(({ log, zone }) => ({ read: lineReader(log.bytes), zone }));
    return (place) => {
      const reader = readers[Math.floor(place / partStep)];
      return {
        text: readable(() => reader?.read(place % partStep), "") ?? "",
        zone: reader?.zone ?? "UTC",
      };
    };
  }

  /** What is wrong with the log, for the report. */
  get problems(): readonly Problem[] {
    const { badLines, unreadable, skippedLines } = this;
    const about = (path: string, code: Problem["code"], message: string): Problem => ({
      ...{ code, path, line: null, column: null, message },
    });
    const [first] = badLines;
    const more = skippedLines - badLines.length;
    const size = `${this.context.budget.logBytes / 1024 ** 2} MiB`;
    const cut = `is larger than ${size}: only its end was read; archive its older part`;
    return [
      ...badLines,
      ...(first !== undefined && more > 0 ? [about(first.path, "bad_line", `${more} more bad lines`)] : []),
      ...this.parts
        .filter(({ end }) => end.line === null)
        .map(({ file }) => about(relative(this.context.root, file), "over_budget", cut)),
      ...unreadable,
    ];
  }

  /** Closes its files; how far they were read is `kept` then. */
  close(): void {
    for (const { file, log, end } of this.parts) {
      this.attempt(file, () => {
        const mark = markAt(log.bytes, end);
        const { size: sizeBytes, mtimeMs: modifiedAt } = log.stats;
        this.partsRead[relative(this.context.root, file)] = { sizeBytes, modifiedAt, mark };
      });
      log.close();
    }
  }

  /** How far it was read. */
  get kept(): KeptLog {
    const before = this.way === "on" ? this.known?.parts : {};
    return {
      parts: { ...before, ...this.partsRead },
      badLines: this.badLines,
      skippedLines: this.skippedLines,
      hasLost: this.way === "after_loss" || this.known?.hasLost === true,
    };
  }

  private skip(code: Problem["code"], path: string, line: number | null, message: string): void {
    this.skippedLines += 1;
    if (this.badLines.length < badLinesNamed) this.badLines.push({ code, path, line, column: null, message });
  }

  private open(file: string): void {
    const { root, budget } = this.context;
    this.attempt(file, () => {
      requireInside(file, [root]);
      if (!budget.allows(file)) {
        this.isPartial = true;
        return;
      }
      const log = openLog(file);
      const zone = readable(() => zoneOf(log.bytes, log.stats.mtimeMs), "UTC");
      this.parts.push({ file, log, zone, begin: { offset: 0, line: 0 }, end: { offset: 0, line: 0 } });
    });
  }

  /** A file that cannot be read is a problem of its own, told once; the log is read anew next time. */
  private attempt(file: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      this.isPartial = true;
      const path = relative(this.context.root, file);
      if (this.unreadable.some((problem) => problem.path === path)) return;
      const message = `${error.message}; expected JSON lines`;
      this.unreadable.push({ code: error.code, path, line: null, column: null, message });
    }
  }

  /** Whether nothing happened to the log but that lines were added to its last part. */
  private isSameButFor(last: Part | undefined, known: KeptLog, older: readonly string[]): boolean {
    const files = last === undefined ? older : [...older, last.file];
    if (files.length !== Object.keys(known.parts).length) return false;
    if (!older.every((file) => isUnchanged(file, keptOf(this.context.root, known, file)))) return false;
    const mark = last === undefined ? undefined : keptOf(this.context.root, known, last.file)?.mark;
    return last === undefined || (mark !== undefined && stands(last, mark));
  }

  /** Whether all that was read at the last run still stands somewhere, under whatever name. */
  private holdsAll(known: KeptLog, files: readonly string[]): boolean {
    return Object.entries(known.parts).every(([path, kept]) => {
      const file = join(this.context.root, path);
      return (
        (files.includes(file) && isUnchanged(file, kept)) ||
        kept.mark.offset === 0 ||
        this.parts.some((part) => stands(part, kept.mark))
      );
    });
  }
}

/** The part that is written to: the log itself, or where each day has a file of its own, the newest. */
function writtenTo(log: string, files: readonly string[]): string {
  if (files.length === 0 || files.includes(log)) return log;
  const dated = files.map((file) => ({ file, at: statsOf(file)?.mtimeMs ?? 0 }));
  return dated.sort((a, b) => b.at - a.at || (a.file < b.file ? 1 : -1))[0]?.file ?? log;
}

function keptOf(root: string, known: KeptLog, file: string): KeptPart | undefined {
  const path = relative(root, file);
  return Object.hasOwn(known.parts, path) ? known.parts[path] : undefined;
}

function isUnchanged(file: string, kept: KeptPart | undefined): boolean {
  const stats = statsOf(file);
  return kept !== undefined && stats?.size === kept.sizeBytes && stats.mtimeMs === kept.modifiedAt;
}

// What cannot be read is told by whoever reads all of it.
function stands({ log }: Part, mark: ContentMark): boolean {
  return readable(() => stillStands(log.bytes, mark), false);
}

function readable<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return otherwise;
  }
}

/** The oldest part first, as its first record says; without those that another part begins with: these are copies. */
function inOrder(name: string, live: string, parts: readonly Part[]): Part[] {
  const isCopy = (part: Part, index: number) =>
    part.log.bytes.size > 0 &&
    parts.some(
      (other, at) =>
        other !== part &&
        (other.log.bytes.size > part.log.bytes.size ||
          (other.log.bytes.size === part.log.bytes.size && at < index)) &&
        readable(
          () => stands(other, markAt(part.log.bytes, { offset: part.log.bytes.size, line: null })),
          false,
        ),
    );
  const dated = parts.filter((part, index) => {
    if (!isCopy(part, index)) return true;
    part.log.close();
    return false;
  });
  const firstAt = new Map(
    dated.map((part) => [
      part,
      part.file === live ? Number.POSITIVE_INFINITY : readable(() => firstTime(name, part), 0),
    ]),
  );
  return dated.sort((a, b) => (firstAt.get(a) ?? 0) - (firstAt.get(b) ?? 0) || (a.file < b.file ? -1 : 1));
}

/** When the first record with a time was written; 0 where none of the first lines says. */
function firstTime(name: string, { log, zone }: Part): number {
  const lineAt = lineReader(log.bytes);
  for (let [offset, lines] = [0, 0]; offset < log.bytes.size && lines < 5; lines += 1) {
    const text = lineAt(offset);
    const record = readRecord(name, text, zone);
    if (record !== null && typeof record !== "string") return record.at;
    offset += Buffer.byteLength(text) + 1;
  }
  return 0;
}
