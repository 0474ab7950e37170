const minuteMs = 60_000;
/** A time further away is not looked for. */
const farthestMs = 32 * 24 * 60 * minuteMs;

/** First and last value of each field: minute, hour, day of the month, month, day of the week (7 is Sunday, too). */
const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/**
 * When a cron expression of five fields comes next after `at`, in local time; epoch milliseconds. Null for one that has names or
 * other signs in it, and where that is more than a month away.
 */
export function nextTime(cron: string, at: number): number | null {
  const fields = cron.trim().split(/\s+/);
  const values = ranges.map(([first, last], index) => valuesOf(fields[index] ?? "", first, last));
  const [minutes, hours, days, months, weekdays] = values;
  if (fields.length !== ranges.length || !minutes || !hours || !days || !months || !weekdays) return null;
  const isDay = (date: Date) => {
    const isWeekday = weekdays.has(date.getDay()) || (date.getDay() === 0 && weekdays.has(7));
    // Where both are given, either will do.
    return fields[2] === "*" || fields[4] === "*"
      ? days.has(date.getDate()) && isWeekday
      : days.has(date.getDate()) || isWeekday;
  };
  const from = (Math.floor(at / minuteMs) + 1) * minuteMs;
  for (let time = from; time < from + farthestMs; time += minuteMs) {
    const date = new Date(time);
    const isHour = months.has(date.getMonth() + 1) && isDay(date) && hours.has(date.getHours());
    if (isHour && minutes.has(date.getMinutes())) return time;
    if (!isHour) time += (59 - date.getMinutes()) * minuteMs;
  }
  return null;
}

/** The values of a field: a list of numbers and ranges, each with a step or without one; null for anything else. */
function valuesOf(field: string, first: number, last: number): ReadonlySet<number> | null {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [, begin, end, step = "1"] = /^(\*|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (begin === undefined || step === "0") return null;
    const from = begin === "*" ? first : Number(begin);
    const to = end !== undefined ? Number(end) : begin === "*" || part.includes("/") ? last : from;
    if (from < first || to > last || from > to) return null;
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}
