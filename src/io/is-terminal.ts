import { fstatSync, statSync } from "node:fs";

/** Whether an open file is a terminal. */
export function isTerminal(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    // Cron and scripts give none: loading what knows terminals takes longer than to ask that.
    if (!stats.isCharacterDevice() || stats.rdev === statSync("/dev/null").rdev) return false;
    return process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    return false;
  }
}
