import { closeSync, fstatSync, type Stats } from "node:fs";
import { z } from "zod";
import { openFile, readBytes } from "./open-file.ts";

/** Lines longer than this are skipped and counted (claude-code.md, 1.1). */
export const maxLineBytes = 10 * 1024 * 1024;
/** So many bytes without a newline end the reading of a file. */
const hopelessBytes = 8 * maxLineBytes;
const chunkBytes = 256 * 1024;
/** How far a line is looked for; most are short. */
const nearBytes = [4 * 1024, 64 * 1024, 1024 * 1024] as const;
const headBytes = 256;
const footBytes = 64;

/** One whole line without its newline; `number` counts from 1 where it is known, `offset` is its first byte's. */
export type Line = { readonly text: string; readonly number: number | null; readonly offset: number };

/** What a reader may want of the way through a file. */
export type ReadHooks = {
  /**
   * Whether the line between two places of `bytes` need not be given; asked in their order. Such a line is not even
   * decoded, but it is counted.
   */
  readonly skips?: (bytes: Buffer) => (from: number, to: number) => boolean;
  /** Before the first line, when reading goes on at the cursor: a way to read lines before it once more. */
  readonly onResume?: (lineAt: (offset: number) => string) => void;
  /**
   * Before the first line, when reading begins at the start: the beginning of the first line to be given; those before it
   * are only counted. `lineAfter` is the first whole line that begins after an offset, null where there is none near.
   */
  readonly startsAt?: (
    sizeBytes: number,
    lineAfter: (offset: number) => { readonly text: string; readonly offset: number } | null,
  ) => number;
  /** Reading ends here, as if the file did; without it, at its end. */
  readonly endsAt?: number;
  /** For each line that is too long, in its place among the others. */
  readonly onTooLong?: (line: number | null) => void;
  /** After each chunk: how many bytes it had. */
  readonly onBytes?: (count: number) => void;
};

export type LinesRead = {
  readonly cursor: FileCursor;
  /** The given cursor was of another, shorter or rewritten file: everything was read anew. */
  readonly startedOver: boolean;
  /** Numbers of lines that were too long; null where a number is not known. */
  readonly tooLong: readonly (number | null)[];
  /** Bytes after the last newline: a line whose writer may still be writing it. */
  readonly tornBytes: number;
  readonly stats: Stats;
};

/**
 * Gives every whole line that came after `from` to `onLine`, in order, holding one chunk and one line in memory. A line
 * without its newline is left for next time. Without a cursor reading begins at the start, or with `lastBytes` (a number,
 * or by the file's size) at the first line that begins inside the last so many bytes.
 * @throws {NotReadable}
 */
export function readLines(
  path: string,
  from: FileCursor | null,
  onLine: (line: Line) => void,
  lastBytes: number | ((sizeBytes: number) => number) | null = null,
  hooks: ReadHooks = {},
): LinesRead {
  const { fd, stats } = openFile(path);
  try {
    const resumed = from !== null && isSameFile(fd, stats, from) ? from : null;
    if (resumed !== null) hooks.onResume?.((offset) => decode(lineAt(fd, offset), offset === 0));
    const last = (typeof lastBytes === "function" ? lastBytes(stats.size) : lastBytes) ?? stats.size;
    const begin =
      resumed !== null
        ? { offset: resumed.offset, line: resumed.line }
        : stats.size > last
          ? { offset: afterNewline(fd, stats.size - last - 1), line: null }
          : { offset: 0, line: 0 };
    const first =
      begin.offset === 0 ? (hooks.startsAt?.(stats.size, (offset) => lineAfter(fd, offset)) ?? 0) : 0;
    if (first > 0) Object.assign(begin, { offset: first, line: countLines(fd, first, hooks) });
    const end = eachLine(fd, begin, Math.min(stats.size, hooks.endsAt ?? stats.size), onLine, hooks);
    const head = hashAt(fd, 0, Math.min(headBytes, end.offset));
    return {
      cursor: {
        device: stats.dev,
        inode: stats.ino,
        offset: end.offset,
        line: end.line,
        headLength: Math.min(headBytes, end.offset),
        headHash: head,
        footHash: hashAt(fd, Math.max(0, end.offset - footBytes), end.offset),
      },
      startedOver: from !== null && resumed === null,
      tooLong: end.tooLong,
      tornBytes: end.tornBytes,
      stats,
    };
  } finally {
    closeSync(fd);
  }
}

/** Whether reading would go on at `cursor`: the file is the same one, and what was read of it still stands there. @throws {NotReadable} */
export function holds(path: string, cursor: FileCursor): boolean {
  const { fd, stats } = openFile(path);
  try {
    return isSameFile(fd, stats, cursor);
  } finally {
    closeSync(fd);
  }
}

/** The first line of a file, up to `limitBytes`; null when it is longer or the file is empty. @throws {NotReadable} */
export function readFirstLine(path: string, limitBytes: number): string | null {
  const head = readHead(path, limitBytes);
  const newline = head.indexOf("\n");
  return newline === -1 ? null : head.slice(0, newline);
}

/** The first `limitBytes` of a file, or what there is. @throws {NotReadable} */
export function readHead(path: string, limitBytes: number): string {
  const { fd } = openFile(path);
  try {
    return readAt(fd, 0, limitBytes).toString("utf8");
  } finally {
    closeSync(fd);
  }
}

function eachLine(
  fd: number,
  begin: { offset: number; line: number | null },
  size: number,
  onLine: (line: Line) => void,
  { skips, onBytes, onTooLong }: ReadHooks,
): { offset: number; line: number | null; tooLong: (number | null)[]; tornBytes: number } {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  const tooLong: (number | null)[] = [];
  let { offset, line } = begin;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for (let position = offset; position < size; ) {
    const length = readBytes(fd, chunk, Math.min(chunkBytes, size - position), position);
    if (length === 0) break;
    position += length;
    onBytes?.(length);
    const skipsHere = skips?.(chunk.subarray(0, length));
    let start = 0;
    for (;;) {
      const newline = chunk.indexOf(10, start);
      if (newline === -1 || newline >= length) break;
      const lineBytes = pendingBytes + newline - start;
      line = line === null ? null : line + 1;
      if (lineBytes > maxLineBytes) {
        tooLong.push(line);
        onTooLong?.(line);
      } else if (pending.length > 0) {
        const bytes = Buffer.concat([...pending, chunk.subarray(start, newline)]);
        if (skips?.(bytes)(0, bytes.length) !== true)
          onLine({ text: decode(bytes, offset === 0), number: line, offset });
      } else if (skipsHere?.(start, newline) !== true) {
        onLine({ text: decode(chunk.subarray(start, newline), offset === 0), number: line, offset });
      }
      offset += lineBytes + 1;
      pending = [];
      pendingBytes = 0;
      start = newline + 1;
    }
    pendingBytes += length - start;
    // Beyond the limit only the length matters.
    if (pendingBytes <= maxLineBytes) pending.push(Buffer.from(chunk.subarray(start, length)));
    else pending = [];
    // No line is that long: a file of zeros, or of another kind. Its end is not worth minutes.
    if (pendingBytes > hopelessBytes) {
      tooLong.push(line === null ? null : line + 1);
      onTooLong?.(line === null ? null : line + 1);
      break;
    }
  }
  return { offset, line, tooLong, tornBytes: pendingBytes };
}

function decode(bytes: Buffer, isFirst: boolean): string {
  const text = bytes.toString("utf8");
  return isFirst && text.startsWith("\ufeff") ? text.slice(1) : text;
}

function isSameFile(fd: number, stats: Stats, cursor: FileCursor): boolean {
  return (
    stats.dev === cursor.device &&
    stats.ino === cursor.inode &&
    stats.size >= cursor.offset &&
    hashAt(fd, 0, cursor.headLength) === cursor.headHash &&
    hashAt(fd, Math.max(0, cursor.offset - footBytes), cursor.offset) === cursor.footHash
  );
}

function afterNewline(fd: number, from: number): number {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let position = from; position - from <= hopelessBytes; ) {
    const length = readBytes(fd, chunk, chunkBytes, position);
    if (length === 0) return position;
    const newline = chunk.subarray(0, length).indexOf(10);
    if (newline !== -1) return position + newline + 1;
    position += length;
  }
  // No line is that long: what follows is not worth minutes.
  return fstatSync(fd).size;
}

/** How many lines there are in the first `end` bytes. */
function countLines(fd: number, end: number, { onBytes }: ReadHooks): number {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let lines = 0;
  for (let position = 0; position < end; ) {
    const length = readBytes(fd, chunk, Math.min(chunkBytes, end - position), position);
    if (length === 0) break;
    position += length;
    onBytes?.(length);
    for (let at = chunk.indexOf(10); at !== -1 && at < length; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  return lines;
}

function lineAfter(fd: number, offset: number): { text: string; offset: number } | null {
  for (const reach of nearBytes) {
    const bytes = readAt(fd, offset, offset + reach);
    const before = bytes.indexOf(10);
    const end = before === -1 ? -1 : bytes.indexOf(10, before + 1);
    if (end !== -1) return { text: bytes.toString("utf8", before + 1, end), offset: offset + before + 1 };
  }
  return null;
}

function lineAt(fd: number, offset: number): Buffer {
  for (const reach of nearBytes) {
    const bytes = readAt(fd, offset, offset + reach);
    const end = bytes.indexOf(10);
    if (end !== -1) return bytes.subarray(0, end);
  }
  return readAt(fd, offset, afterNewline(fd, offset) - 1);
}

function hashAt(fd: number, start: number, end: number): string {
  return Bun.hash(readAt(fd, start, end)).toString(36);
}

function readAt(fd: number, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  const length = readBytes(fd, bytes, bytes.length, start);
  return bytes.subarray(0, length);
}

/**
 * How far a file was read, and enough of it to notice that it is another one now: device and inode, a hash of its first
 * bytes and of the last ones before `offset`. `line` counts the lines before `offset`; null when reading began inside.
 */
export const FileCursor = z.object({
  device: z.number(),
  inode: z.number(),
  offset: z.number().int().nonnegative(),
  line: z.number().int().nonnegative().nullable(),
  headLength: z.number().int().nonnegative(),
  headHash: z.string(),
  footHash: z.string(),
});
export type FileCursor = z.infer<typeof FileCursor>;
