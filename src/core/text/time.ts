/** RFC 3339 has four digits for the year. */
const lastAt = Date.UTC(10_000, 0, 1) - 1;
const epochSecondsBelow = 1e11;
// Python's logging has a comma before the fraction.
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$/;
const withoutZone = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?$/;
/** Clocks of two machines differ by less than this. */
export const clockToleranceMs = 60_000;

export type Zone = "UTC" | "local";

/** A time; `zone`: in which one it was read where it was written without. */
export type TimeRead = { readonly at: number; readonly zone: Zone | null };

/**
 * Reads what `parseTime` does, and a time without zone (Python's `utcnow().isoformat()`, `date '+%F %T'`): in UTC, unless it
 * would be later than `writtenAt`, when it was written at the latest; then in local time.
 */
export function readTime(value: unknown, writtenAt: number): TimeRead | null {
  const text = typeof value === "string" ? value.trim() : value;
  if (typeof text !== "string" || !withoutZone.test(text)) {
    const at = parseTime(text);
    return at === null ? null : { at, zone: null };
  }
  const utc = parseTime(`${text}Z`);
  if (utc === null) return null;
  const local = localTime(text);
  const isLocal = utc > writtenAt + clockToleranceMs && local <= writtenAt + clockToleranceMs;
  return isLocal && isTime(local) ? { at: local, zone: "local" } : { at: utc, zone: "UTC" };
}

function localTime(text: string): number {
  return Date.parse(text.replace(" ", "T").replace(",", "."));
}

/** Reads what `parseTime` does, and a time without zone in `zone`. */
export function readTimeIn(value: unknown, zone: Zone): number | null {
  if (typeof value !== "string" || value.endsWith("Z") || !withoutZone.test(value)) return parseTime(value);
  const utc = parseTime(`${value}Z`);
  if (utc === null || zone === "UTC") return utc;
  const local = localTime(value);
  return isTime(local) ? local : null;
}

/**
 * In which zone a log writes times without one, by its last of them and when it was written: in UTC, unless only local time
 * fits. A whole log has one zone, however old its other records are.
 */
export function zoneOfLog(last: string, writtenAt: number): Zone {
  const [utc, local] = [readTimeIn(last, "UTC"), readTimeIn(last, "local")];
  if (utc === null || local === null) return "UTC";
  const [utcOff, localOff] = [utc - writtenAt, local - writtenAt];
  if (utcOff > clockToleranceMs) return localOff <= clockToleranceMs ? "local" : "UTC";
  return utcOff < -clockToleranceMs && Math.abs(localOff) <= clockToleranceMs ? "local" : "UTC";
}

/**
 * Reads an RFC 3339 string or an epoch number (below 10^11: seconds, else milliseconds; also as text) as epoch milliseconds.
 */
export function parseTime(value: unknown): number | null {
  if (typeof value !== "string") return parseAnew(value);
  if (minute !== "" && value.startsWith(minute)) {
    const afterMinute = secondsIn(value);
    if (afterMinute !== null) return minuteAt + afterMinute;
  }
  const at = parseAnew(value);
  const seconds = at === null ? null : secondsIn(value);
  if (at !== null && seconds !== null) [minute, minuteAt] = [value.slice(0, 17), at - seconds];
  return at;
}

// Most times of a file, as `toISOString` writes them, are of the same minute as the one before.
let [minute, minuteAt] = ["", 0];

/** The seconds of `2026-11-22T14:32:07Z` or `2026-11-22T14:32:07.123Z`, in milliseconds; null for a time written otherwise. */
function secondsIn(value: string): number | null {
  const { length } = value;
  if ((length !== 20 && length !== 24) || value.charCodeAt(length - 1) !== zulu) return null;
  if (length === 24 && value.charCodeAt(19) !== point) return null;
  let number = 0;
  for (let at = 17; at < length - 1; at += 1) {
    if (at === 19) continue;
    const digit = value.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return null;
    number = number * 10 + digit;
  }
  const seconds = length === 20 ? number * 1_000 : number;
  // A leap second is of the next minute.
  return seconds < 60_000 ? seconds : null;
}

const [point, zero, zulu] = [46, 48, 90];

function parseAnew(value: unknown): number | null {
  if (typeof value === "string" && /^\d+(?:\.\d+)?$/.test(value)) return parseAnew(Number(value));
  if (typeof value === "number") {
    if (!Number.isFinite(value) || value < 0) return null;
    const timeMs = value < epochSecondsBelow ? value * 1_000 : value;
    return isTime(timeMs) ? Math.round(timeMs) : null;
  }
  if (typeof value !== "string" || !rfc3339.test(value) || !isOnCalendar(value)) return null;
  const timeMs = value.startsWith(":60", 16) ? parseLeapSecond(value) : Date.parse(value.replace(",", "."));
  return isTime(timeMs) ? timeMs : null;
}

// Date.parse takes 24:00 and 30 February for times of the next days.
function isOnCalendar(text: string): boolean {
  if (text.startsWith("24", 11)) return false;
  const day = Number(text.slice(8, 10));
  if (day <= 28) return true;
  const lastOfMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0));
  return day <= lastOfMonth.getUTCDate();
}

// RFC 3339 has leap seconds; this clock has none, so each is the first second after it.
function parseLeapSecond(text: string): number {
  return Date.parse(`${text.slice(0, 17)}59${text.slice(19).replace(",", ".")}`) + 1_000;
}

/** Whether a number of epoch milliseconds can be written as a time: from 1970 to the year 9999. */
export function isTime(timeMs: number): boolean {
  return timeMs >= 0 && timeMs <= lastAt;
}

/** The nearest time that can be written; 0 for what is no number at all. */
export function nearestTime(timeMs: number): number {
  return Math.min(Math.max(timeMs || 0, 0), lastAt);
}

/** The last of the times that are known. */
export function latest(times: readonly (number | null | undefined)[]): number | null {
  const known = times.filter((at) => at != null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The first of the times that are known. */
export function earliest(times: readonly (number | null | undefined)[]): number | null {
  const known = times.filter((at) => at != null);
  return known.length === 0 ? null : Math.min(...known);
}

/** RFC 3339 in UTC; whole seconds stay without a fraction. Never throws: a time that no clock shows is written as the nearest one. */
export function formatTime(timeMs: number): string {
  return new Date(nearestTime(timeMs)).toISOString().replace(".000Z", "Z");
}

/** Local `HH:MM`, as it stands at the head of a printed line. */
export function formatClock(timeMs: number): string {
  const date = new Date(nearestTime(timeMs));
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}

/** Local `HH:MM`, with its date where that is not the day of `now`. */
export function formatMoment(timeMs: number, now: number): string {
  const [date, clock] = [localDate(timeMs), formatClock(timeMs)];
  return date === localDate(now) ? clock : `${date} ${clock}`;
}

function localDate(timeMs: number): string {
  const date = new Date(nearestTime(timeMs));
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/** A stretch without the runs that cron should have made: the machine slept or was off. Epoch milliseconds. */
export type Gap = { readonly from: number; readonly to: number };

/** The time from `from` to `to` in which the machine can be taken to have been awake. */
export function awakeMs(from: number, to: number, gaps: readonly Gap[]): number {
  const asleep = gaps.reduce(
    (sum, gap) => sum + Math.max(0, Math.min(gap.to, to) - Math.max(gap.from, from)),
    0,
  );
  return Math.max(0, to - from - asleep);
}
