import { fstatSync, readSync, statSync } from "node:fs";

/** Whether an open file is a terminal. */
export function isTerminal(fd: number): boolean {
  // Cron and scripts give none: loading what knows terminals takes longer than to ask that.
  return kindOf(fd) === "device" && process.getBuiltinModule("node:tty").isatty(fd);
}

/**
 * Whether nobody gets what is written to a stream: it was closed (`>&-`), and Bun put /dev/null in its place, open in both
 * directions (1.4.5), or a parent that ignores its child's output did. `> /dev/null`, which somebody asked for, is open for
 * writing only.
 */
export function isClosed(fd: number): boolean {
  if (kindOf(fd) !== "null") return false;
  try {
    return readSync(fd, new Uint8Array(1), 0, 1, null) === 0;
  } catch {
    return false;
  }
}

function kindOf(fd: number): "device" | "null" | null {
  try {
    const stats = fstatSync(fd);
    if (!stats.isCharacterDevice()) return null;
    return stats.rdev === statSync("/dev/null").rdev ? "null" : "device";
  } catch {
    return null;
  }
}
