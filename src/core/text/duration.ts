/** No work takes longer, whatever a file says. */
export const longestMs = 100 * 365 * 86_400_000;

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `90s`, `15m`, `2h`, `7d` and combinations (`1h30m`) as milliseconds; null when it is none of them. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+[smhd])+$/.test(text)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhd])/g)) {
    totalMs += Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  return Number.isSafeInteger(totalMs) ? totalMs : null;
}

/** Writes milliseconds for people: at most two units, rounded to the nearest (`45s`, `22m`, `1h30m`, `3d4h`). */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  const allHours = Math.round(minutes / 60);
  const days = Math.floor(allHours / 24);
  return allHours % 24 ? `${days}d${allHours % 24}h` : `${days}d`;
}

/** A count with its noun: `1 task`, `3 tasks`. `many`: the plural where it is not the noun with an `s`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
