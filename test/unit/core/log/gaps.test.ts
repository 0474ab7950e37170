import { describe, expect, it } from "vitest";
import { findGaps, runsOf } from "../../../../src/core/log/gaps.ts";
import { awakeMs } from "../../../../src/core/text/time.ts";
import { ran as ranAt } from "../../../support/recorded.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";

const ran = (agoMs: number, trigger: "cron" | "terminal" = "cron") => ranAt(now - agoMs, {}, trigger);
const minutesAgo = (agoMinutes: number) => now - agoMinutes * minute;

describe("findGaps", () => {
  const runs = (from: number, to: number, every = 4) =>
    Array.from({ length: Math.floor((from - to) / every) + 1 }, (_, index) =>
      ran((from - index * every) * minute),
    );
  const gap = (from: number, to: number) => ({ from: minutesAgo(from), to: minutesAgo(to) });

  it.each([
    ["none where cron runs every 4 minutes", runs(60, 0), []],
    ["none where cron runs every 10 minutes", runs(60, 0, 10), []],
    ["none where cron runs every hour", runs(600, 60, 60), []],
    ["none up to now, where the next run is due", runs(64, 4), []],
    ["none of almost two intervals", [...runs(60, 8), ran(1_000)], []],
    ["one of two intervals", runs(60, 8), [gap(8, 0)]],
    ["one that is over", [...runs(90, 62), ...runs(20, 0)], [gap(62, 20)]],
    ["a sleep of a slower cron", [...runs(200, 120, 10), ...runs(40, 0, 10)], [gap(120, 40)]],
    [
      "each one, in whatever order the runs were recorded",
      [...runs(20, 8), ...runs(90, 62)],
      [gap(62, 20), gap(8, 0)],
    ],
    ["none after a run by hand", [ran(hour, "terminal"), ran(0)], []],
    ["one up to a run by hand", [...runs(90, 62), ran(0, "terminal")], [gap(62, 0)]],
    ["none of runs that are still to come", [...runs(60, 4), ran(-hour)], []],
    ["none where nothing is on record", [], []],
  ])("finds %s", (_, events, gaps) => {
    expect(findGaps(runsOf(events, now), now)).toEqual(gaps);
  });

  it("finds none where another reader's run shows that the machine was awake", () => {
    const mine = runs(60, 0, 30);
    const theirs = runs(58, 2).map((run) => ({ ...run, data: { ...run.data, reader: "mail" } }));
    const [first, ...others] = theirs;
    expect(findGaps(runsOf([...mine, ...others, ...(first ? [first] : [])], now), now)).toEqual([]);
  });

  it("counts a run of this very moment", () => {
    expect(findGaps(runsOf([...runs(90, 60), ran(0)], now), now)).toEqual([gap(62, 0)]);
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
