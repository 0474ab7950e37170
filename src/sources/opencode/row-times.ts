const wrapMs = 2 ** 36;
const ticksPerMs = 4_096;
/** A row written by OpenCode itself is this close to the time in its id; a migrated one is not. */
const liveWithinMs = 60_000;

/**
 * The time inside an id, epoch milliseconds; null for other ids. The id keeps it modulo 2^36 ms (2.2 years), so the
 * moment nearest to `near` is meant. Session ids hold it inverted.
 */
export function idTime(id: string, near: number): number | null {
  const hex = id.slice(4, 16);
  if (id.length !== 30 || !/^(ses|msg|prt)_/.test(id) || !/^[0-9a-f]{12}$/.test(hex)) return null;
  // 48 bits: a number holds them exactly.
  const stored = Number.parseInt(hex, 16);
  const low = Math.floor((id.startsWith("ses_") ? 2 ** 48 - 1 - stored : stored) / ticksPerMs);
  return low + Math.round((near - low) / wrapMs) * wrapMs;
}

export type RowTimes = { readonly createdAt: number; readonly updatedAt: number };

/**
 * When a row was really written. The migration from JSON files to SQLite set both times of every row to its own moment:
 * such a row keeps only the time in its id.
 */
export function rowTimes(id: string, createdAt: number, updatedAt: number): RowTimes {
  const written = idTime(id, createdAt);
  if (written === null || Math.abs(written - createdAt) <= liveWithinMs) return { createdAt, updatedAt };
  return { createdAt: written, updatedAt: written };
}
