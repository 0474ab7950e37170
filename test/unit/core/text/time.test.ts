import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTime, isTime, parseTime, readTime } from "../../../../src/core/text/time.ts";

const lastOfYear9999 = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe("parseTime", () => {
  it.each([
    ["2026-11-22T14:03:20Z", Date.UTC(2026, 10, 22, 14, 3, 20)],
    ["2026-11-22T14:03:20.5Z", Date.UTC(2026, 10, 22, 14, 3, 20, 500)],
    ["2026-11-22t14:03:20z", Date.UTC(2026, 10, 22, 14, 3, 20)],
    ["2026-11-22 14:03:20+02:00", Date.UTC(2026, 10, 22, 12, 3, 20)],
    ["2026-11-22T14:03:20-0530", Date.UTC(2026, 10, 22, 19, 33, 20)],
    ["2026-11-22T14:03Z", Date.UTC(2026, 10, 22, 14, 3)],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2026-10-31T23:59:59Z", Date.UTC(2026, 9, 31, 23, 59, 59)],
    ["2026-06-30T23:59:60Z", Date.UTC(2026, 6, 1)],
    ["2026-06-30T23:59:60.5Z", Date.UTC(2026, 6, 1, 0, 0, 0, 500)],
    [1_795_356_200, 1_795_356_200_000],
    [1_795_356_200_123, 1_795_356_200_123],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
    [0, 0],
  ])("reads %j", (value, expected) => {
    expect(parseTime(value)).toBe(expected);
  });

  it.each([
    "",
    "now",
    "2026-11-22",
    "2026-11-22T14:03:20",
    "14:03",
    "2026-13-45T99:99:99Z",
    "2026-02-30T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-11-00T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T14:03:61Z",
    "Sun, 22 Nov 2026 14:03:20 GMT",
    "1795356200s",
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    null,
    undefined,
    true,
  ])("does not guess at %j", (value) => {
    expect(parseTime(value)).toBeNull();
  });

  it.each([
    ["the last moment of the year 9999", lastOfYear9999, lastOfYear9999],
    ["the first one after it", lastOfYear9999 + 1, null],
  ])("reads no time that cannot be written: %s", (_, value, expected) => {
    expect(parseTime(value)).toBe(expected);
  });

  it("does not guess at a list", () => {
    expect(parseTime(["2026-11-22T14:03:20Z"])).toBeNull();
  });

  it("reads back every time that was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: lastOfYear9999 }), (at) => parseTime(formatTime(at)) === at),
    );
  });

  it("gives a time or null for anything", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const at = parseTime(value);
        return at === null || Number.isSafeInteger(at);
      }),
    );
  });
});

it.each([
  [1e308, "9999-12-31T23:59:59.999Z"],
  [8.64e15, "9999-12-31T23:59:59.999Z"],
  [-1, "1970-01-01T00:00:00Z"],
  [Number.NaN, "1970-01-01T00:00:00Z"],
])("writes %s, which no clock shows, as the nearest time", (at, text) => {
  expect([formatTime(at), isTime(at)]).toEqual([text, false]);
});

it("reads no time beyond the year 9999", () => {
  expect([parseTime(8.64e15), parseTime("+010000-01-01T00:00:00Z"), parseTime(253_402_300_799_999)]).toEqual([
    null,
    null,
    253_402_300_799_999,
  ]);
});

describe("readTime", () => {
  const at = Date.parse("2026-11-22T14:03:20Z");

  it("reads epoch numbers in text", () => {
    expect([parseTime(String(at)), parseTime(String(at / 1_000))]).toEqual([at, at]);
  });

  it.each([
    ["with a zone as it stands", "2026-11-22T15:03:20+01:00", { at, zone: null }],
    ["without one in UTC", "2026-11-22T14:03:20", { at, zone: "UTC" }],
    ["with a blank in its middle", "2026-11-22 14:03:20", { at, zone: "UTC" }],
    ["with a comma", "2026-11-22 14:03:20,123", { at: at + 123, zone: "UTC" }],
    ["with microseconds", "2026-11-22T14:03:20.123456", { at: at + 123, zone: "UTC" }],
    ["of no calendar day not at all", "2026-02-30T14:03:20", null],
    ["that is later in any zone in UTC", "2026-11-25T14:03:20", { at: at + 3 * 86_400_000, zone: "UTC" }],
  ])("reads a time %s", (_, text, expected) => {
    expect(readTime(text, at + 60_000)).toEqual(expected);
  });
});
