import { isTime } from "../text/time.ts";

/** A provider refuses to go on until a time. */
export type UsageLimit = { readonly untilAt: number | null };

/** The words of Claude Code, Codex, Gemini CLI and OpenCode; "rate limit" is over in seconds and is none. */
const limitWords =
  /\b(usage|session|weekly|daily|monthly|\d+[- ]hour|opus|sonnet) limit\b|\bhit your (\w+ )?limit\b|\bexhausted your (\w+ )?(quota|capacity)\b|\bquota will reset\b|\busage exceeded\b/i;

/**
 * What an error that was written at `at` (epoch milliseconds) says of a usage limit; null when it speaks of something
 * else. `untilAt` null: it does not say until when. Times without a zone are those of this machine.
 */
export function usageLimitOf(message: string, at: number): UsageLimit | null {
  if (!limitWords.test(message)) return null;
  const untilAt = stampIn(message) ?? spanIn(message, at) ?? clockIn(message, at);
  return { untilAt: untilAt !== null && isTime(untilAt) ? untilAt : null };
}

/** `usage limit reached|1764543600` */
function stampIn(message: string): number | null {
  const seconds = /\|(\d{10})\b/.exec(message)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;
const unitLetters = ["d", "h", "m", "s"] as const;

/** `in 3 days 2 hours 5 minutes`, `after 12h30m5s` */
function spanIn(message: string, at: number): number | null {
  const span = /\b(?:in|after)\s+((?:\d+\s*(?:d|h|m|s)[a-z]*[\s,]*(?:and\s+)?)+)/i.exec(message)?.[1];
  if (span === undefined) return null;
  const parts = [...span.matchAll(/(\d+)\s*([dhms])/gi)];
  const spanMs = parts.reduce((sum, [, count, letter]) => {
    const unit = unitLetters.find((each) => each === letter?.toLowerCase());
    return sum + (unit === undefined ? 0 : Number(count) * unitMs[unit]);
  }, 0);
  return at + spanMs;
}

const clock =
  /\b(?:at|resets?|until|after)\s+(?:at\s+)?(?:on\s+)?(?:([A-Z][a-z]{2})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:(\d{4})\s+|at\s+)?)?(\d{1,2})(?::(\d{2}))?\s*([ap]m)?\b(?:\s*\(([\w/+-]+)\))?/i;
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const dayMs = 86_400_000;

/** `at Dec 8th, 2026 9:15 AM`, `resets 6pm (Europe/Berlin)`, `resets Dec 3, 9am` */
function clockIn(message: string, at: number): number | null {
  const found = clock.exec(message);
  if (found === null) return null;
  const [, monthName, day, year, hour = "", minute = "0", half, zone] = found;
  if (half === undefined && found[5] === undefined) return null;
  const hours = (Number(hour) % (half === undefined ? 24 : 12)) + (half?.toLowerCase() === "pm" ? 12 : 0);
  const today = wallClock(at, zone);
  const month = monthName === undefined ? today.getUTCMonth() : months.indexOf(monthName.toLowerCase());
  if (month < 0) return null;
  const wall = Date.UTC(
    year === undefined ? today.getUTCFullYear() : Number(year),
    month,
    day === undefined ? today.getUTCDate() : Number(day),
    hours,
    Number(minute),
  );
  const untilAt = wall - (today.getTime() - at);
  // A time of the day is its next one, a day without a year that of the next year when it is long past.
  if (day === undefined) return untilAt < at ? untilAt + dayMs : untilAt;
  return year === undefined && untilAt < at - 180 * dayMs ? untilAt + 365 * dayMs : untilAt;
}

/** What a clock on the wall shows at `at`, as if it were UTC. */
function wallClock(at: number, zone: string | undefined): Date {
  try {
    const text = new Date(at).toLocaleString("sv-SE", zone === undefined ? {} : { timeZone: zone });
    const wall = Date.parse(`${text.replace(" ", "T")}Z`);
    return new Date(Number.isNaN(wall) ? at : wall + (at % 1_000));
  } catch {
    // No zone of that name.
    return wallClock(at, undefined);
  }
}
