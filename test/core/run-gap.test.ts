import { describe, expect, it } from "vitest";
import { noHistory } from "../../src/core/history.ts";
import { missedRuns, runGap } from "../../src/core/run-gap.ts";
import { minute, now } from "./sample-task.ts";

const after = (passedMs: number, previousTrigger: string | null = "cron") => ({
  ...noHistory,
  previousRunAt: now - passedMs,
  previousTrigger,
});

describe("runGap", () => {
  it("knows nothing before the second run", () => {
    expect(runGap(noHistory, now)).toEqual({ previous_run_at: null, gap_s: null });
    expect(missedRuns(noHistory, now)).toBeNull();
  });

  it.each([
    [4 * minute, 0],
    [8 * minute - 1, 0],
    [8 * minute, 480],
    [600 * minute, 36_000],
  ])("is, %i ms after the last run, %i s", (passedMs, gap) => {
    expect(runGap(after(passedMs), now)).toEqual({
      previous_run_at: new Date(now - passedMs).toISOString().replace(".000Z", "Z"),
      gap_s: gap,
    });
  });
});

describe("missedRuns", () => {
  it.each([
    [4 * minute, "cron", 0],
    [8 * minute - 1, "cron", 0],
    [8 * minute, "cron", 1],
    [40 * minute, "cron", 9],
    [40 * minute, "terminal", null],
    [-minute, "cron", 0],
  ])("counts, %i ms after a run by %s, %j", (passedMs, trigger, expected) => {
    expect(missedRuns(after(passedMs, trigger), now)).toBe(expected);
  });
});
