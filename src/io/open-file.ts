import {
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
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

/**
 * Opens a regular file for reading. Never blocks on a FIFO, never opens a device or socket.
 * @throws {NotReadable} with what it is instead.
 */
export function openFile(path: string): { readonly fd: number; readonly stats: Stats } {
  const { fd } = openRegular(path);
  return { fd, stats: fstatSync(fd) };
}

/** The same; `sizeBytes` as it was a moment before. @throws {NotReadable} */
export function openRegular(path: string): { readonly fd: number; readonly sizeBytes: number } {
  try {
    const own = lstatSync(path);
    const before = own.isSymbolicLink() ? statSync(path) : own;
    if (isNeverOpened(own.isSymbolicLink() ? realpathSync(path) : path))
      throw new NotReadable("unreadable", "may hold credentials and is never opened");
    if (!before.isFile()) throw new NotReadable("not_a_file", `is ${describeFile(before)}, not a file`);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { fd, sizeBytes: before.size };
  } catch (error) {
    if (error instanceof NotReadable) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new NotReadable("vanished", "does not exist");
    throw new NotReadable("unreadable", `cannot be read (${code ?? String(error)})`);
  }
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
