import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Writes `text` beside `path` and renames it, so that a reader sees the old file or the new one, whole.
 * @throws when it cannot be written; the old file stays.
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    // One that a killed run of the same pid left.
    rmSync(beside, { force: true });
    const fd = openSync(beside, "wx", mode);
    try {
      // The umask must not hide it from a collector of another user.
      fchmodSync(fd, mode);
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
