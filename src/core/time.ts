const epochSecondsBelow = 1e11;
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$/;

/** Reads an RFC 3339 string or an epoch number (below 10^11: seconds, else milliseconds) as epoch milliseconds. */
export function parseTime(value: unknown): number | null {
  if (typeof value === "number") {
    if (!Number.isFinite(value) || value < 0) return null;
    const timeMs = value < epochSecondsBelow ? value * 1_000 : value;
    return Number.isNaN(new Date(timeMs).getTime()) ? null : Math.round(timeMs);
  }
  if (typeof value !== "string" || !rfc3339.test(value)) return null;
  const timeMs = Date.parse(value);
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** RFC 3339 in UTC; whole seconds stay without a fraction. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(".000Z", "Z");
}

/** Local `HH:MM`, as it stands at the head of a printed line. */
export function formatClock(timeMs: number): string {
  const date = new Date(timeMs);
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}
