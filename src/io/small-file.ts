import { closeSync } from "node:fs";
import { NotReadable, openRegular, readBytes } from "./open-file.ts";

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
