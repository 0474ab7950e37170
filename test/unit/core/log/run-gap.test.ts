import { describe, expect, it } from "vitest";
import { runGap } from "../../../../src/core/log/gaps.ts";
import { recall } from "../../../../src/core/log/history.ts";
import { minute, now } from "../../../support/sample-clock.ts";

const after = (passedMs: number, previousTrigger: string | null = "cron") => ({
  ...recall([], now),
  previousRunAt: now - passedMs,
  previousTrigger,
});

describe("runGap", () => {
  it("knows nothing before the second run", () => {
    expect(runGap(recall([], now), now)).toEqual({ previous_run_at: null, gap_s: null, missed_runs: null });
  });

  it.each([
    [4 * minute, 0],
    [8 * minute - 1, 0],
    [8 * minute, 480],
    [600 * minute, 36_000],
  ])("is, %i ms after the last run, %i s", (passedMs, gap) => {
    expect(runGap(after(passedMs), now)).toMatchObject({
      previous_run_at: new Date(now - passedMs).toISOString().replace(".000Z", "Z"),
      gap_s: gap,
    });
  });
});

describe("missed runs", () => {
  it.each([
    [4 * minute, "cron", 0],
    [8 * minute - 1, "cron", 0],
    [8 * minute, "cron", 1],
    [40 * minute, "cron", 9],
    [40 * minute, "terminal", null],
    [-minute, "cron", 0],
  ])("are, %i ms after a run by %s, %j", (passedMs, trigger, expected) => {
    expect(runGap(after(passedMs, trigger), now).missed_runs).toBe(expected);
  });
});
