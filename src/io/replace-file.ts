import {
  closeSync,
  fchmodSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeFile, statsOf } from "./open-file.ts";

/** No run writes for so long: what is older was left by one that was killed. */
const abandonedMs = 3_600_000;

/**
 * Writes `content` beside `path` and renames it, so that a reader sees the old file or the new one, whole. What killed runs
 * left beside it is removed. What is no file (`/dev/null`, `/dev/stdout`, a pipe) is never replaced by one.
 * @throws when it cannot be written; the old file stays.
 */
export function replaceFile(path: string, content: string | Buffer, mode: number): void {
  const there = statsOf(path);
  if (there?.isFile() === false) throw new Error(`it is ${describeFile(there)}, no file`);
  // Runs in two containers may have one pid.
  const chance = crypto.getRandomValues(new Uint8Array(6)).toHex();
  const beside = join(dirname(path), `${prefix(path)}${process.pid}-${chance}${suffix}`);
  try {
    const fd = openSync(beside, "wx", mode);
    try {
      // The umask must not hide it from a collector of another user.
      fchmodSync(fd, mode);
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
    removeAbandoned(path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

const prefix = (path: string) => `.${basename(path)}.`;
const suffix = ".tmp";

function removeAbandoned(path: string): void {
  try {
    const writtenAt = statSync(path).mtimeMs;
    for (const name of readdirSync(dirname(path))) {
      if (!name.startsWith(prefix(path)) || !name.endsWith(suffix)) continue;
      const beside = join(dirname(path), name);
      if (writtenAt - statSync(beside).mtimeMs > abandonedMs) rmSync(beside, { force: true });
    }
  } catch {
    // The folder may be written to but not listed, or another run tidies it now: the file itself stands.
  }
}
