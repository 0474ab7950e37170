import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../../src/core/log/event.ts";
import { measureCoverage, percentOf } from "../../../../src/core/review/coverage.ts";
import { looksOf } from "../../../../src/core/review/looks.ts";
import { isInside, type Window } from "../../../../src/core/review/window.ts";
import { monday, ran } from "../../../support/recorded.ts";
import { hour, minute } from "../../../support/sample-clock.ts";

const window = { from: monday, to: monday + hour };
const every4Minutes = (count: number, from = monday) =>
  Array.from({ length: count }, (_, index) => ran(from + index * 4 * minute));

const every10Minutes = (count: number) =>
  Array.from({ length: count }, (_, index) => ran(monday + index * 10 * minute));

function coverageOf(runs: readonly RunEvent[], of: Window) {
  const looks = [...looksOf(runs).values()].flat();
  return measureCoverage(looks, looks.filter(({ at }) => isInside(of, at)).length, of);
}

describe("measureCoverage", () => {
  it.each([
    ["every run", every4Minutes(15), { recorded: 15, seen: 15, due: 15, coverage_pct: 100 }],
    ["every run of a slower cron", every10Minutes(6), { recorded: 6, seen: 6, due: 6, coverage_pct: 100 }],
    [
      "the runs beside a stretch without any",
      every4Minutes(15).filter((_, index) => index < 4 || index > 11),
      { recorded: 7, seen: 7, due: 15, coverage_pct: 46.7 },
    ],
    [
      "from the first run on",
      every4Minutes(5, monday + 40 * minute),
      { recorded: 5, seen: 5, due: 5, coverage_pct: 100 },
    ],
    [
      "nothing after runs that were long ago",
      [ran(monday - hour)],
      { recorded: 0, seen: 0, due: 15, coverage_pct: 0 },
    ],
    [
      "nothing before the first run",
      [ran(monday + 2 * hour)],
      { recorded: 0, seen: 0, due: 0, coverage_pct: null },
    ],
    [
      "runs by hand as none",
      [ran(monday, {}, "terminal")],
      { recorded: 1, seen: 0, due: null, coverage_pct: null },
    ],
    ["nothing where nothing ran", [], { recorded: 0, seen: 0, due: null, coverage_pct: null }],
    [
      "two runs on each other's heels once",
      [...every4Minutes(15), ran(monday + 1_000)],
      { recorded: 16, seen: 15, due: 15, coverage_pct: 100 },
    ],
    [
      "a run of the window's first instant, none of its last",
      every4Minutes(16),
      { recorded: 15, seen: 15, due: 15, coverage_pct: 100 },
    ],
  ])("counts %s", (_, runs, coverage) => {
    expect(coverageOf(runs, window)).toEqual(coverage);
  });

  it("leaves an interval that the window cuts to the one before", () => {
    const cut = { from: monday + minute, to: monday + 9 * minute };
    expect(coverageOf(every4Minutes(15), cut)).toMatchObject({ seen: 2, due: 2 });
  });
});

it.each([
  [1, 3, 33.3],
  [2, 3, 66.7],
  [0, 3, 0],
  [3, 3, 100],
  [0, 0, null],
])("%i of %i are %j %%", (part, whole, percent) => {
  expect(percentOf(part, whole)).toBe(percent);
});

it.each([
  [-1, false],
  [0, true],
  [hour - 1, true],
  [hour, false],
])("a window holds what is %i ms after its beginning: %j", (afterMs, isIn) => {
  expect(isInside(window, monday + afterMs)).toBe(isIn);
});
