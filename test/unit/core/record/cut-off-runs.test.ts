import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MonitoringEvent } from "../../../../src/core/log/event.ts";
import { done, healthy, runAt, runsOf, shown } from "../../../support/recorded-runs.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { type State, simulateRun } from "../../../support/simulated-runs.ts";

const scenesOf = (states: readonly State[], at: number) =>
  states.map((state, task) => ({ id: `bg_${task}`, state, startedAt: now - hour, at }));

/** The log of runs every 4 minutes that see tasks of these states, each cut off after so many lines. */
function cutRuns(runs: readonly (readonly [states: readonly State[], whole: number])[]): MonitoringEvent[] {
  const log: MonitoringEvent[] = [];
  for (const [index, [states, whole]] of runs.entries()) {
    const at = now + index * 4 * minute;
    log.push(...simulateRun(scenesOf(states, at), log, at).events.slice(0, whole));
  }
  return log;
}

describe("a run after one that was cut off", () => {
  it.each([0, 1, 2, 3, 4])("tells what a run could not that was cut off after %i lines", (whole) => {
    const tasks = [
      { ...healthy, id: "bg_1", key: "1" },
      { ...done, id: "bg_2", key: "2" },
    ];
    const log = runAt(now, [], tasks).slice(0, whole);
    const after = [...log, ...runAt(now + minute, log, tasks)];
    after.push(...runAt(now + 2 * minute, after, tasks));
    expect(shown(after).sort()).toEqual([
      "finished",
      "health_changed",
      "health_changed",
      ...Array.from({ length: whole === 4 ? 3 : 2 }, () => "run"),
    ]);
  });

  it("leaves no change untold, wherever earlier runs were cut off", () => {
    const state = fc.constantFrom<State[]>("healthy", "struggling", "waiting", "completed", "failed");
    const looks = fc.array(fc.tuple(fc.array(state, { minLength: 3, maxLength: 3 }), fc.nat(9)), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(looks, state, (seen, last) => {
        const log = cutRuns([...seen, [[last, last, last], 9]]);
        const told = log.flatMap((event) =>
          event.type === "agentmonitor.task.health_changed.v1"
            ? [[event.subject, event.data.to] as const]
            : [],
        );
        expect(Object.fromEntries(told)).toEqual({ bg_0: last, bg_1: last, bg_2: last });
        const at = now + 4 * seen.length * minute;
        const next = simulateRun(scenesOf([last, last, last], at), log, at + 4 * minute);
        expect(shown(next.events)).toEqual(["run"]);
      }),
    );
  });

  it("records an end whose record was lost", () => {
    const log = runsOf([done])
      .flat()
      .filter(({ type }) => type !== "agentmonitor.task.finished.v1");
    const events = runAt(now + 4 * minute, log, done);
    expect(shown(events)).toEqual(["finished", "run"]);
  });
});
