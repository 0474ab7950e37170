import { describe, expect, it } from "vitest";
import type { MonitoringEvent } from "../../../../src/core/log/event.ts";
import { hour, minute } from "../../../support/sample-clock.ts";
import { newsWords, type RunOptions, type State, simulateRun } from "../../../support/simulated-runs.ts";

const noon = Date.UTC(2026, 10, 22, 12);

/** One look of `--changed`: minutes after noon, the state of the one task, and what is said. */
type Look = readonly [number, State, readonly string[]];

const stories: readonly (readonly [string, readonly Look[]])[] = [
  [
    "tells everything where no earlier run is known, once",
    [
      [0, "stuck", ["everything"]],
      [4, "stuck", []],
      [8, "stuck", []],
    ],
  ],
  [
    "tells stuck when a second look confirms it, then no more",
    [
      [0, "healthy", ["everything"]],
      [4, "stuck", []],
      [8, "stuck", ["bg_1 healthy>stuck"]],
      [12, "stuck", []],
    ],
  ],
  [
    "tells struggling when a second look confirms it",
    [
      [0, "healthy", ["everything"]],
      [4, "struggling", []],
      [8, "struggling", ["bg_1 healthy>struggling"]],
    ],
  ],
  [
    "says nothing of a trouble that one look saw",
    [
      [0, "healthy", ["everything"]],
      [4, "struggling", []],
      [8, "healthy", []],
    ],
  ],
  [
    "tells waiting at once",
    [
      [0, "healthy", ["everything"]],
      [4, "waiting", ["bg_1 healthy>waiting"]],
      [8, "waiting", []],
    ],
  ],
  [
    "tells failed at once, and never again",
    [
      [0, "healthy", ["everything"]],
      [4, "failed", ["bg_1 healthy>failed"]],
      [8, "failed", []],
      [124, "failed", []],
    ],
  ],
  [
    "tells a recovery at once",
    [
      [0, "healthy", ["everything"]],
      [4, "waiting", ["bg_1 healthy>waiting"]],
      [8, "healthy", ["bg_1 waiting>healthy"]],
    ],
  ],
  [
    "tells that a task ended",
    [
      [0, "healthy", ["everything"]],
      [4, "completed", ["bg_1 healthy>completed"]],
      [8, "completed", []],
    ],
  ],
  [
    "reminds of a bad health once an hour",
    [
      [0, "stuck", ["everything"]],
      [56, "stuck", []],
      [60, "stuck", ["bg_1 still stuck"]],
      [116, "stuck", []],
      [120, "stuck", ["bg_1 still stuck"]],
    ],
  ],
];

describe("--changed", () => {
  it.each(stories)("%s", (_, looks) => {
    const log: MonitoringEvent[] = [];
    const said = looks.map(([minutes, state]) => {
      const run = simulateRun([task(state)], log, noon + minutes * minute, { tellsChanges: true });
      log.push(...run.events);
      return newsWords(run);
    });
    expect(said).toEqual(looks.map(([, , words]) => words));
  });

  it("tells a task that first shows up healthy to nobody, and its trouble with what it was before", () => {
    const log = runs([
      [0, []],
      [4, [task("healthy")]],
      [8, [task("stuck")]],
    ]);
    expect(newsWords(simulateRun([task("stuck")], log, noon + 12 * minute))).toEqual(["bg_1 healthy>stuck"]);
  });

  it("takes the last recorded run as told until the option is used the first time", () => {
    const log = runs(
      [
        [0, [task("failed"), task("stuck", "bg_2")]],
        [4, [task("failed"), task("stuck", "bg_2")]],
      ],
      { tellsChanges: false },
    );
    expect(newsWords(simulateRun([task("failed"), task("stuck", "bg_2")], log, noon + 8 * minute))).toEqual(
      [],
    );
  });

  it("loses no news to somebody else's look in between", () => {
    const log = runs([[0, [task("healthy")]]]);
    log.push(...simulateRun([task("failed")], log, noon + 2 * minute, { trigger: "terminal" }).events);
    expect(newsWords(simulateRun([task("failed")], log, noon + 4 * minute))).toEqual(["bg_1 healthy>failed"]);
  });

  it("tells a new question although the old one was answered between two looks", () => {
    const first = { ...task("waiting"), at: noon - minute };
    const log = runs([[0, [first]]]);
    const second = { ...task("waiting"), at: noon + 3 * minute };
    expect(newsWords(simulateRun([first], log, noon + 4 * minute))).toEqual([]);
    expect(newsWords(simulateRun([second], log, noon + 4 * minute))).toEqual(["bg_1 asks_again waiting"]);
  });

  it("tells a flapping task a few times and then at most hourly", () => {
    const log: MonitoringEvent[] = [];
    const states: readonly State[] = ["stuck", "stuck", "healthy", "healthy"];
    const said = Array.from({ length: 60 }, (_, index) => {
      const run = simulateRun([task(states[index % 4] ?? "healthy")], log, noon + index * 4 * minute, {
        tellsChanges: true,
      });
      log.push(...run.events);
      return newsWords(run).length;
    });
    // Until 30 % of 20 looks changed it tells each one; of the three hours after that at most one line each.
    expect(sum(said.slice(0, 16))).toBeLessThanOrEqual(8);
    expect(sum(said.slice(16))).toBe(2);
  });

  it("does not remind of a task that ended, and reminds only after an hour of one that did not", () => {
    const log = runs([[0, [task("failed"), task("waiting", "bg_2")]]]);
    const later = noon + hour;
    expect(newsWords(simulateRun([task("failed"), task("waiting", "bg_2")], log, later))).toEqual([
      "bg_2 still waiting",
    ]);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function task(state: State, id = "bg_1") {
  return { id, state, startedAt: noon - hour };
}

function runs(
  looks: readonly (readonly [number, readonly ReturnType<typeof task>[]])[],
  options: RunOptions = { tellsChanges: true },
): MonitoringEvent[] {
  const log: MonitoringEvent[] = [];
  for (const [minutes, scenes] of looks)
    log.push(...simulateRun(scenes, log, noon + minutes * minute, options).events);
  return log;
}
