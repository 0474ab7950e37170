import { describe, expect, it } from "vitest";
import { findGaps, runsOf } from "../../../../src/core/log/gaps.ts";
import { awakeMs } from "../../../../src/core/text/time.ts";
import { ran as ranAt } from "../../../support/recorded.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";

const ran = (agoMs: number, trigger: "cron" | "terminal" = "cron") => ranAt(now - agoMs, {}, trigger);
const minutesAgo = (agoMinutes: number) => now - agoMinutes * minute;

describe("findGaps", () => {
  it.each([
    ["none where cron runs every 4 minutes", [ran(8 * minute), ran(4 * minute), ran(0)], []],
    ["none of 8 minutes less 1 ms", [ran(8 * minute - 1)], []],
    ["one of 8 minutes", [ran(8 * minute)], [{ from: minutesAgo(8), to: now }]],
    ["one between two runs", [ran(hour), ran(2 * minute)], [{ from: minutesAgo(60), to: minutesAgo(2) }]],
    [
      "each one, in whatever order the runs were recorded",
      [ran(0), ran(hour), ran(30 * minute)],
      [
        { from: minutesAgo(60), to: minutesAgo(30) },
        { from: minutesAgo(30), to: now },
      ],
    ],
    [
      "each one, where the newest run was recorded last but one",
      [ran(30 * minute), ran(0), ran(hour)],
      [
        { from: minutesAgo(60), to: minutesAgo(30) },
        { from: minutesAgo(30), to: now },
      ],
    ],
    [
      "each one, where the runs were recorded in their order",
      [ran(hour), ran(30 * minute), ran(0)],
      [
        { from: minutesAgo(60), to: minutesAgo(30) },
        { from: minutesAgo(30), to: now },
      ],
    ],
    ["none after a run by hand", [ran(hour, "terminal"), ran(0)], []],
    ["one up to a run by hand", [ran(hour), ran(0, "terminal")], [{ from: minutesAgo(60), to: now }]],
    ["none of runs that are still to come", [ran(4 * minute), ran(-hour)], []],
    ["none where nothing is on record", [], []],
  ])("finds %s", (_, events, gaps) => {
    expect(findGaps(runsOf(events, now), now)).toEqual(gaps);
  });

  it("counts a run of this very moment", () => {
    expect(findGaps(runsOf([ran(hour), ran(0)], now), now)).toEqual([{ from: now - hour, to: now }]);
  });
});

describe("awakeMs", () => {
  const gap = (from: number, to: number) => ({ from: minutesAgo(from), to: minutesAgo(to) });

  it.each([
    ["all of it without a gap", [], 60],
    ["what a gap inside leaves", [gap(40, 10)], 30],
    ["what a gap from before leaves", [gap(90, 40)], 40],
    ["what a gap that lasts leaves", [gap(20, -30)], 40],
    ["what several gaps leave", [gap(50, 40), gap(30, 25)], 45],
    ["all of it beside a gap before", [gap(90, 70)], 60],
    ["all of it beside a gap after", [gap(-10, -20)], 60],
    ["nothing within a gap", [gap(90, -30)], 0],
    ["nothing where gaps overlap", [gap(90, -30), gap(60, 0)], 0],
  ])("is %s", (_, gaps, minutes) => {
    expect(awakeMs(minutesAgo(60), now, gaps)).toBe(minutes * minute);
  });

  it("is nothing where a clock runs ahead", () => {
    expect(awakeMs(now + minute, now, [])).toBe(0);
  });
});
