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
      [4, "stuck", []],
      [8, "stuck", ["bg_1 healthy>stuck"]],
      [12, "healthy", ["bg_1 stuck>healthy"]],
    ],
  ],
  [
    "does not tell that somebody answered",
    [
      [0, "healthy", ["everything"]],
      [4, "waiting", ["bg_1 healthy>waiting"]],
      [8, "healthy", []],
      [12, "waiting", []],
    ],
  ],
  [
    "tells a worse trouble at once, and the older one no more",
    [
      [0, "healthy", ["everything"]],
      [4, "struggling", []],
      [8, "struggling", ["bg_1 healthy>struggling"]],
      [12, "stuck", ["bg_1 struggling>stuck"]],
      [16, "struggling", []],
    ],
  ],
  [
    "tells trouble that two looks see under two names",
    [
      [0, "healthy", ["everything"]],
      [4, "struggling", []],
      [8, "stuck", ["bg_1 healthy>stuck"]],
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
    "reminds of a bad health after 1, 2 and 4 hours",
    [
      [0, "stuck", ["everything"]],
      [56, "stuck", []],
      [60, "stuck", ["bg_1 still stuck"]],
      [116, "stuck", []],
      [120, "stuck", ["bg_1 still stuck"]],
      [180, "stuck", []],
      [240, "stuck", ["bg_1 still stuck"]],
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

  it("tells a task that first shows up healthy to nobody, and its trouble without what was never told", () => {
    const log = runs([
      [0, []],
      [4, [task("healthy")]],
      [8, [task("stuck")]],
    ]);
    expect(newsWords(simulateRun([task("stuck")], log, noon + 12 * minute))).toEqual(["bg_1 null>stuck"]);
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
    expect(newsWords(simulateRun([second], log, noon + 4 * minute))).toEqual(["bg_1 again waiting"]);
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
    expect(sum(said.slice(16))).toBeLessThanOrEqual(3);
  });

  it("reminds neither of a task that ended nor of a question", () => {
    const log = runs([[0, [task("failed"), task("waiting", "bg_2")]]]);
    expect(newsWords(simulateRun([task("failed"), task("waiting", "bg_2")], log, noon + 3 * hour))).toEqual(
      [],
    );
  });

  it("tells an end to each reader, and records it once", () => {
    const log = runs([[0, [task("healthy")]]]);
    log.push(
      ...simulateRun([task("healthy")], log, noon + minute, { reader: "mail", tellsChanges: true }).events,
    );
    const said = ["ada@host", "mail", "ada@host", "mail"].map((reader, index) => {
      const run = simulateRun([task("failed")], log, noon + (4 + index) * minute, {
        reader,
        tellsChanges: true,
      });
      log.push(...run.events);
      return newsWords(run).length;
    });
    expect(said).toEqual([1, 1, 0, 0]);
    expect(log.filter(({ type }) => type === "agentmonitor.task.finished.v1")).toHaveLength(1);
  });

  it("tells trouble when this reader's own second look sees it", () => {
    const log = runs([
      [0, [task("healthy")]],
      [4, [task("stuck")]],
    ]);
    const other = simulateRun([task("stuck")], log, noon + 5 * minute, {
      reader: "mail",
      tellsChanges: true,
    });
    log.push(...other.events);
    expect(newsWords(other)).toEqual([]);
    expect(newsWords(simulateRun([task("stuck")], log, noon + 8 * minute))).toEqual(["bg_1 healthy>stuck"]);
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
