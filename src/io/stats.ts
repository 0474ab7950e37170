import { type BigIntStats, type Stats, statSync } from "node:fs";

/** Facts about what a path leads to; null when it leads nowhere, in a circle, or where one may not look. */
export function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** The same with numbers that may not fit a double: inodes as locks name them. */
export function exactStatsOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null;
  }
}
