import { expect, it } from "vitest";
import { nextTime } from "../../../../src/core/text/cron.ts";

/** A Wednesday. */
const at = new Date(2026, 10, 25, 9, 41, 30).getTime();
const shown = (time: number | null) => {
  const date = new Date(time ?? Number.NaN);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getMonth() + 1}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
};

it.each([
  ["* * * * *", "11-25 09:42"],
  ["*/7 * * * *", "11-25 09:42"],
  ["41 * * * *", "11-25 10:41"],
  ["20 6 * * *", "11-26 06:20"],
  ["0,30 9-17 * * 1-5", "11-25 10:00"],
  ["5/20 * * * *", "11-25 09:45"],
  ["0 0-23/6 * * *", "11-25 12:00"],
  ["0 8 * * 7", "11-29 08:00"],
  ["0 8 * * 0", "11-29 08:00"],
  ["0 8 1 * *", "12-01 08:00"],
  ["0 8 1 * 5", "11-27 08:00"],
  ["0 8 24 12 *", "12-24 08:00"],
])("finds the next time of %s", (cron, next) => {
  expect(shown(nextTime(cron, at))).toBe(next);
});

it.each(["@hourly", "", "* * * *", "60 * * * *", "*/0 * * * *", "0 8 * * MON", "9-3 * * * *", "0 8 1 3 *"])(
  "knows no next time of %s",
  (cron) => {
    expect(nextTime(cron, at)).toBeNull();
  },
);
