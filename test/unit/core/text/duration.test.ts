import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../../../src/core/text/duration.ts";

describe("parseDuration", () => {
  it.each([
    ["90s", 90_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["1h30m", 5_400_000],
    ["1d2h3m4s", 93_784_000],
    ["0s", 0],
  ])("reads %s", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(["", "15", "15 m", " 15m", "15M", "-5m", "1.5h", "m", "soon", "15min", "1h30", "99999999999999d"])(
    "does not guess at %j",
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});

describe("formatDuration", () => {
  it.each([
    [-5_000, "0s"],
    [0, "0s"],
    [499, "0s"],
    [45_000, "45s"],
    [59_499, "59s"],
    [59_500, "1m"],
    [89_000, "1m"],
    [90_000, "2m"],
    [1_320_000, "22m"],
    [3_569_000, "59m"],
    [3_570_000, "1h"],
    [5_400_000, "1h30m"],
    [7_200_000, "2h"],
    [86_369_000, "23h59m"],
    [86_370_000, "1d"],
    [273_600_000, "3d4h"],
    [86_400_000 * 400, "400d"],
  ])("writes %i ms as %s", (durationMs, expected) => {
    expect(formatDuration(durationMs)).toBe(expected);
  });

  it("writes what is read back and written the same again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (durationMs) => {
        const text = formatDuration(durationMs);
        return formatDuration(parseDuration(text) ?? -1) === text;
      }),
    );
  });

  it("is off by at most half of its smaller unit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_369_999 }), (durationMs) => {
        const shown = parseDuration(formatDuration(durationMs)) ?? Number.NaN;
        return Math.abs(shown - durationMs) <= (durationMs < 59_500 ? 500 : 30_500);
      }),
    );
  });
});
