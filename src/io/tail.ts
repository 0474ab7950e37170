import { isAscii } from "node:buffer";
import { closeSync, type Stats } from "node:fs";
import { openFile, readBytes } from "./open-file.ts";

/** Lines longer than this are skipped and counted. */
export const maxLineBytes = 10 * 1024 * 1024;
const chunkBytes = 64 * 1024;
const headBytes = 256;
const footBytes = 64;

/** One whole line without its newline; `number` counts from 1 where it is known, `offset` is its first byte's. */
export type Line = { readonly text: string; readonly number: number | null; readonly offset: number };

/** What a reader may want of the way through a file. */
export type ReadHooks = {
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

/** Bytes that can be read from any place: an open file's, or those that were unpacked from one. */
export type Bytes = {
  readonly size: number;
  /** Reads up to `length` bytes at `position` into the beginning of `into`; how many there were. @throws {NotReadable} */
  read(into: Uint8Array, length: number, position: number): number;
};

/** A place between two lines: the first byte behind the first one, and how many lines stand before it where that is known. */
export type LineBreak = { readonly offset: number; readonly line: number | null };

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
    const bytes = bytesOf(fd, stats.size);
    const isSame = from !== null && stats.dev === from.device && stats.ino === from.inode;
    const resumed = isSame && stillStands(bytes, from) ? from : null;
    const tooLong: (number | null)[] = [];
    const onTooLong = (line: number | null): void => {
      tooLong.push(line);
      hooks.onTooLong?.(line);
    };
    const last = typeof lastBytes === "function" ? lastBytes(stats.size) : lastBytes;
    const end = eachLine(bytes, resumed ?? beginningOf(bytes, last), onLine, { ...hooks, onTooLong });
    return {
      cursor: { device: stats.dev, inode: stats.ino, ...markAt(bytes, end) },
      startedOver: from !== null && resumed === null,
      tooLong,
      tornBytes: end.tornBytes,
      stats,
    };
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
  const { fd, stats } = openFile(path);
  try {
    return readAt(bytesOf(fd, stats.size), 0, limitBytes).toString("utf8");
  } finally {
    closeSync(fd);
  }
}

/** The bytes of an open file. */
export function bytesOf(fd: number, size: number): Bytes {
  return { size, read: (into, length, position) => readBytes(fd, into, length, position) };
}

/** Where reading begins that wants no more than the last so many bytes: at the first line inside them. @throws {NotReadable} */
export function beginningOf(bytes: Bytes, lastBytes: number | null): LineBreak {
  if (lastBytes === null || bytes.size <= lastBytes) return { offset: 0, line: 0 };
  return { offset: afterNewline(bytes, bytes.size - lastBytes - 1), line: null };
}

/**
 * Gives every whole line behind `begin` to `onLine`; where the last one ends, and how many bytes follow it. Of a line that is
 * too long only the length is kept, so that what stands behind it is read.
 * @throws {NotReadable}
 */
export function eachLine(
  bytes: Bytes,
  begin: LineBreak,
  onLine: (line: Line) => void,
  { onBytes, onTooLong }: ReadHooks,
): LineBreak & { readonly tornBytes: number } {
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, bytes.size - begin.offset)));
  let { offset, line } = begin;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const give = (text: string, lineBytes: number): void => {
    line = line === null ? null : line + 1;
    onLine({ text: offset === 0 ? withoutMark(text) : text, number: line, offset });
    offset += lineBytes + 1;
  };
  for (let position = offset; position < bytes.size; ) {
    const length = bytes.read(chunk, Math.min(chunk.length, bytes.size - position), position);
    if (length === 0) break;
    position += length;
    onBytes?.(length);
    const last = chunk.lastIndexOf(10, length - 1);
    if (last === -1) {
      pendingBytes += length;
      // Beyond the limit only the length matters.
      if (pendingBytes > maxLineBytes) pending = [];
      else pending.push(Buffer.from(chunk.subarray(0, length)));
      continue;
    }
    let start = 0;
    if (pendingBytes > 0) {
      start = chunk.indexOf(10) + 1;
      const lineBytes = pendingBytes + start - 1;
      if (lineBytes <= maxLineBytes) {
        give(Buffer.concat([...pending, chunk.subarray(0, start - 1)]).toString("utf8"), lineBytes);
      } else {
        line = line === null ? null : line + 1;
        onTooLong?.(line);
        offset += lineBytes + 1;
      }
    }
    giveWhole(chunk, start, last + 1, give);
    pendingBytes = length - last - 1;
    pending = pendingBytes === 0 ? [] : [Buffer.from(chunk.subarray(last + 1, length))];
  }
  return { offset, line, tornBytes: pendingBytes };
}

/** The lines of a stretch that ends with a newline. */
function giveWhole(
  chunk: Buffer,
  start: number,
  end: number,
  give: (text: string, lineBytes: number) => void,
): void {
  // Where each character is one byte, all lines are decoded in one go: that takes a fraction of the time.
  if (isAscii(chunk.subarray(start, end))) {
    const text = chunk.toString("latin1", start, end);
    for (let from = 0; from < text.length; ) {
      const newline = text.indexOf("\n", from);
      give(text.slice(from, newline), newline - from);
      from = newline + 1;
    }
    return;
  }
  for (let from = start; from < end; ) {
    const newline = chunk.indexOf(10, from);
    give(chunk.toString("utf8", from, newline), newline - from);
    from = newline + 1;
  }
}

function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** A way to read lines once more by the offset of their first byte; those that stand near each other cost one read. */
export function lineReader(bytes: Bytes): (offset: number) => string {
  let from = 0;
  let window: Buffer = Buffer.alloc(0);
  return (offset) => {
    let end = offset < from ? -1 : window.indexOf(10, offset - from);
    for (let reach = 16 * 1024; end === -1; reach *= 8) {
      from = offset;
      window = readAt(bytes, offset, offset + reach);
      end = window.indexOf(10);
      if (end === -1 && window.length < reach) end = window.length;
    }
    const text = window.toString("utf8", offset - from, end);
    return offset === 0 ? withoutMark(text) : text;
  };
}

/** What is needed to know that bytes read up to `end` still stand where they stood. @throws {NotReadable} */
export function markAt(bytes: Bytes, { offset, line }: LineBreak): ContentMark {
  const headLength = Math.min(headBytes, offset);
  return {
    offset,
    line,
    headLength,
    headHash: hashAt(bytes, 0, headLength),
    footHash: hashAt(bytes, Math.max(0, offset - footBytes), offset),
  };
}

/** Whether what was read up to a mark stands in these bytes, as far as their beginning and end tell. @throws {NotReadable} */
export function stillStands(bytes: Bytes, mark: ContentMark): boolean {
  return (
    bytes.size >= mark.offset &&
    hashAt(bytes, 0, mark.headLength) === mark.headHash &&
    hashAt(bytes, Math.max(0, mark.offset - footBytes), mark.offset) === mark.footHash
  );
}

function afterNewline(bytes: Bytes, from: number): number {
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, bytes.size - from)));
  for (let position = from; ; ) {
    const length = bytes.read(chunk, Math.min(chunk.length, Math.max(0, bytes.size - position)), position);
    if (length === 0) return position;
    const newline = chunk.subarray(0, length).indexOf(10);
    if (newline !== -1) return position + newline + 1;
    position += length;
  }
}

function hashAt(bytes: Bytes, start: number, end: number): string {
  return Bun.hash(readAt(bytes, start, end)).toString(36);
}

function readAt(bytes: Bytes, start: number, end: number): Buffer {
  const into = Buffer.allocUnsafe(end - start);
  return into.subarray(0, bytes.read(into, into.length, start));
}

/** Enough of what was read to notice that it is something else now: a hash of its first bytes and of the last ones before `offset`. */
export type ContentMark = {
  offset: number;
  line: number | null;
  headLength: number;
  headHash: string;
  footHash: string;
};

/** How far a file was read, and which file that was. `line` counts the lines before `offset`; null when reading began inside. */
export type FileCursor = ContentMark & { readonly device: number; readonly inode: number };
