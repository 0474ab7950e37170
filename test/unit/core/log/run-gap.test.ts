import { describe, expect, it } from "vitest";
import { type Run, runGap } from "../../../../src/core/log/gaps.ts";
import { minute, now } from "../../../support/sample-clock.ts";

const reader = "ada@host";
const unknown = { previous_run_at: null, interval_s: null, gap_s: null, missed_runs: null };
/** Runs so many minutes apart, the last one `agoMinutes` ago. */
function every(minutes: number, agoMinutes: number, given: Partial<Run> = {}): Run[] {
  return Array.from({ length: 6 }, (_, index) => ({
    at: now - (agoMinutes + (5 - index) * minutes) * minute,
    reader,
    isScheduled: true,
    ...given,
  }));
}

describe("runGap", () => {
  it("knows nothing before the second run", () => {
    expect(runGap([], reader, now)).toEqual(unknown);
  });

  it.each([
    ["every 4 minutes", every(4, 4), 240, 0, 0],
    ["every 4 minutes, one missed", every(4, 8), 240, 480, 1],
    ["every 10 minutes", every(10, 10), 600, 0, 0],
    ["every 10 minutes, after a night", every(10, 600), 600, 36_000, 59],
    ["every hour", every(60, 60), 3_600, 0, 0],
    ["every minute", every(1, 1), 60, 0, 0],
  ])("learns how often cron runs: %s", (_, runs, interval_s, gap_s, missed_runs) => {
    expect(runGap(runs, reader, now)).toMatchObject({ interval_s, gap_s, missed_runs });
  });

  it("learns nothing from a sleep between runs", () => {
    const runs = [...every(10, 300), ...every(10, 10)];
    expect(runGap(runs, reader, now)).toMatchObject({ interval_s: 600, gap_s: 0 });
  });

  it("learns that cron was changed", () => {
    const runs = [...every(4, 70), ...every(10, 10)];
    expect(runGap(runs, reader, now)).toMatchObject({ interval_s: 600, missed_runs: 0 });
  });

  it.each([
    ["takes one pause of up to an hour for the interval", 10, 600, 0],
    ["guesses 4 minutes where one pause is longer", 61, 240, 14],
    ["takes two runs at once for no interval", 1, 240, 0],
  ])("%s", (_, minutes, interval_s, missed_runs) => {
    const runs = [{ at: now - minutes * minute, reader, isScheduled: true }];
    expect(runGap(runs, reader, now)).toMatchObject({ interval_s, missed_runs });
  });

  it("promises nothing after a run by hand", () => {
    const runs = [{ at: now - 40 * minute, reader, isScheduled: false }];
    expect(runGap(runs, reader, now)).toMatchObject({ interval_s: null, missed_runs: null });
  });

  it("looks at this reader's runs, and at those from before there were readers", () => {
    expect(runGap(every(4, 4, { reader: "mail" }), reader, now)).toEqual(unknown);
    expect(runGap(every(4, 4, { reader: "" }), reader, now)).toMatchObject({ interval_s: 240 });
  });

  it("knows no run that is still to come", () => {
    expect(runGap([{ at: now + minute, reader, isScheduled: true }], reader, now)).toEqual(unknown);
  });
});
