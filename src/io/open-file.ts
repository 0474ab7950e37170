import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { parseJson } from "../core/text/fields.ts";
import { isNeverOpened } from "./never-opened.ts";

/** Why a path could not be read as a file. */
export class NotReadable extends Error {
  constructor(
    readonly code: "not_a_file" | "vanished" | "unreadable" | "too_large" | "outside_root",
    message: string,
  ) {
    super(message);
  }
}

/** Why a database cannot be read. `denied`: rights are missing; `failed`: anything else. */
export class CannotRead extends Error {
  constructor(
    readonly outcome: "denied" | "failed",
    message: string,
  ) {
    super(message);
  }
}

/**
 * Opens a regular file for reading. Never blocks on a FIFO, never opens a device or socket.
 * @throws {NotReadable} with what it is instead.
 */
export function openFile(path: string): { readonly fd: number; readonly stats: Stats } {
  const { fd } = openRegular(path);
  return { fd, stats: fstatSync(fd) };
}

/** The same; `sizeBytes` as it was a moment before. @throws {NotReadable} */
function openRegular(path: string): { readonly fd: number; readonly sizeBytes: number } {
  try {
    const own = lstatSync(path);
    const before = own.isSymbolicLink() ? statSync(path) : own;
    if (isNeverOpened(own.isSymbolicLink() ? realpathSync(path) : path))
      throw new NotReadable("unreadable", "may hold credentials and is never opened");
    if (!before.isFile()) throw new NotReadable("not_a_file", `is ${describeFile(before)}, not a file`);
    if (isHollow(before)) throw new NotReadable("too_large", "is a file of holes, which nobody wrote");
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { fd, sizeBytes: before.size };
  } catch (error) {
    if (error instanceof NotReadable) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new NotReadable("vanished", "does not exist");
    throw new NotReadable("unreadable", `cannot be read (${code ?? String(error)})`);
  }
}

/** So large and with so little on the disk that no compression explains it: reading it would only cost time. */
function isHollow({ size, blocks }: Stats): boolean {
  return size > 256 * 1024 ** 2 && blocks * 512 < size / 200;
}

let total = 0;

/** How many bytes of files this program has read so far, however they were asked for. */
export function bytesRead(): number {
  return total;
}

/**
 * Reads up to `length` bytes at `position` into the beginning of `into`.
 * @throws {NotReadable} when the disk or the network behind it fails.
 */
export function readBytes(fd: number, into: Uint8Array, length: number, position: number): number {
  try {
    const read = readSync(fd, into, 0, length, position);
    total += read;
    return read;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new NotReadable("unreadable", `cannot be read (${code ?? String(error)})`);
  }
}

/** What something is that is no file, in words. */
export function describeFile(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

/** Facts about what a path leads to; null when it leads nowhere, in a circle, or where one may not look. */
export function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/**
 * Facts about a file; null where there is nothing.
 * @throws {NotReadable} with what is there instead, or why nobody can tell.
 */
export function fileStatsOf(path: string): Stats | null {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return stats;
    throw new NotReadable("not_a_file", `is ${describeFile(stats)}, not a file`);
  } catch (error) {
    if (error instanceof NotReadable) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new NotReadable("unreadable", `cannot be read (${code ?? String(error)})`);
  }
}

/** Whether a file was written since `since` (epoch milliseconds); what cannot be told of it is added to `unreadable`. */
export function isWrittenSince(
  path: string,
  since: number,
  unreadable: { readonly path: string; readonly reason: string }[],
): boolean {
  try {
    const stats = fileStatsOf(path);
    return stats !== null && stats.mtimeMs >= since;
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    unreadable.push({ path, reason: error.message });
    return false;
  }
}

/** Facts with numbers that may not fit a double: inodes as locks name them. */
export function exactStatsOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null;
  }
}

/** The files beside transcripts and in `.git` hold a few hundred bytes; one beyond this is something else. */
const smallBytes = 1024 * 1024;

/**
 * The bytes of a file that is expected to be small. Never blocks on a FIFO, never opens a device, never holds more than
 * `limitBytes` in memory.
 * @throws {NotReadable} also when the file is larger than that.
 */
export function readSmallFile(path: string, limitBytes: number = smallBytes): Buffer {
  const { fd, sizeBytes } = openRegular(path);
  try {
    const bytes = Buffer.allocUnsafe(Math.min(sizeBytes, limitBytes) + 1);
    let length = 0;
    for (;;) {
      const read = readBytes(fd, bytes.subarray(length), bytes.length - length, length);
      length += read;
      if (length > limitBytes) throw new NotReadable("too_large", `is larger than ${limitBytes} bytes`);
      // Grown since its size was asked: the rest is for the next look.
      if (read === 0 || length === bytes.length) return bytes.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}

/** The same as UTF-8 text. @throws {NotReadable} */
export function readSmallText(path: string, limitBytes?: number): string {
  return readSmallFile(path, limitBytes).toString("utf8");
}

/** The value in a small file of JSON; undefined when it is gone, cannot be read, or is being written at this moment. */
export function readJsonFile(path: string, limitBytes?: number): unknown {
  try {
    return parseJson(readSmallText(path, limitBytes));
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return undefined;
  }
}
