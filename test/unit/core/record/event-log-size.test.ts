import { expect, it } from "vitest";
import { day, hour } from "../../../support/sample-clock.ts";
import { type Scene, type State, simulateLog, timesBetween } from "../../../support/simulated-runs.ts";

const monday = Date.UTC(2026, 10, 16);

it("a week of 2,520 runs with 6 tasks stays under 3 MB", () => {
  const times = timesBetween(monday, monday + 7 * day);
  expect(times).toHaveLength(2_520);
  const log = simulateLog(times, scenesAt, { tellsChanges: true });
  const bytes = log.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)) + 1, 0);
  expect(bytes).toBeLessThan(3_000_000);
  expect(log.filter(({ type }) => type === "agentmonitor.run.v1")).toHaveLength(2_520);
});

// Six tasks at any time: four that change every few hours and begin anew every day, two that are bad all week.
function scenesAt(now: number): Scene[] {
  const since = now - monday;
  const states: readonly State[] = [
    "healthy",
    "healthy",
    "struggling",
    "healthy",
    "waiting",
    "healthy",
    "stuck",
  ];
  const working = [0, 1, 2, 3].map((index) => ({
    id: `bg_${Math.floor(since / day)}abc0${index}`,
    state: states[(Math.floor(since / (2 * hour)) + index) % states.length] ?? "healthy",
    startedAt: monday + Math.floor(since / day) * day,
  }));
  const bad = ["bg_5e1f00", "bg_5e1f01"].map((id) => ({ id, state: "stuck" as const, startedAt: monday }));
  return [...working, ...bad];
}
