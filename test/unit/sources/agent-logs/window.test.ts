import { expect, it } from "vitest";
import { tooOld } from "../../../../src/sources/agent-logs/window.ts";

it("knows the hour of a leap second, and of the line before it that comes after", () => {
  const times = ["2026-06-30T23:59:60Z", "2026-06-30T23:59:59Z", "2026-07-01T00:00:01Z"];
  const lines = times.map((timestamp) => Buffer.from(JSON.stringify({ timestamp })));
  const hours: string[] = [];
  const isOld = tooOld(0, null, (hour) => hours.push(new Date(hour).toISOString().slice(5, 13)));
  expect(lines.map((line) => isOld(line)(0, line.length))).toEqual([false, false, false]);
  expect(hours).toEqual(["07-01T00", "06-30T23", "07-01T00"]);
});
