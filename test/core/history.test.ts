import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { healths } from "../../src/core/finding.ts";
import { changePercent, look, noHistory, recall, type TaskHistory } from "../../src/core/history.ts";
import type { MonitoringEvent } from "../../src/core/monitoring-event.ts";
import { formatTime } from "../../src/core/time.ts";
import { minute, now } from "./sample-task.ts";

const run = (at: number, tasks: Record<string, string>): MonitoringEvent => ({
  specversion: "1.0",
  id: `run-${at}`,
  source: "/agent-monitor/host/shop",
  type: "agentmonitor.run.v1",
  time: formatTime(at),
  data: {
    timestamp: formatTime(at),
    task_id: null,
    host: "host",
    root: "/srv/demo/shop",
    trigger: "cron",
    duration_ms: 1,
    exit_code: 0,
    previous_run_at: null,
    gap_s: null,
    missed_runs: null,
    total: 1,
    failed: 0,
    waiting: 0,
    stuck: 0,
    struggling: 0,
    unknown: 0,
    healthy: 1,
    completed: 0,
    cancelled: 0,
    invalid_inputs: 0,
    skipped_lines: 0,
    tasks,
    told: null,
  },
});
/** Runs 4 minutes apart, the last of them now. */
const runs = (...states: readonly string[]) =>
  states.map((state, index) => run(now - (states.length - 1 - index) * 4 * minute, { bg_1: state }));
const bg1 = (events: readonly MonitoringEvent[]) => recall(events, now).tasks.get("bg_1");

describe("recall", () => {
  it("knows nothing of an empty log", () => {
    expect(recall([], now)).toEqual(noHistory);
  });

  it("counts looks in a row with one health, whatever the reason", () => {
    expect(bg1(runs("healthy/recent_activity", "stuck/no_activity", "stuck/never_started"))).toMatchObject({
      health: "stuck",
      reason: "never_started",
      count: 2,
      firstSeenAt: now - 4 * minute,
      lastSeenAt: now,
    });
  });

  it("adds up the seconds of each health", () => {
    const events = runs("healthy/a", "healthy/a", "struggling/b", "stuck/c", "stuck/c");
    expect(bg1(events)?.seconds).toEqual({ healthy: 480, struggling: 240, stuck: 240 });
  });

  it("knows that a struggling task recovered", () => {
    expect(bg1(runs("struggling/a", "healthy/b"))?.hasRecovered).toBe(true);
    expect(bg1(runs("struggling/a", "failed/b"))?.hasRecovered).toBe(false);
  });

  it("ignores events after now", () => {
    const later = run(now + 1_000, { bg_1: "failed/process_gone" });
    expect(recall([...runs("healthy/a"), later], now)).toEqual(recall(runs("healthy/a"), now));
  });

  it("ignores a health that it does not know", () => {
    expect(bg1(runs("dreaming/rem"))).toBeUndefined();
  });

  it("keeps tasks of odd names apart from what every object has", () => {
    const { tasks } = recall([run(now, { constructor: "healthy/a", toString: "stuck/b" })], now);
    expect([...tasks.keys()]).toEqual(["constructor", "toString"]);
  });

  it("gives the same in pieces as at once, also where runs overlapped", () => {
    const states = fc.constantFrom("healthy/a", "struggling/b", "stuck/c", "completed/d");
    fc.assert(
      fc.property(fc.array(states, { maxLength: 40 }), fc.nat(40), (seen, cut) => {
        const events = runs(...seen).flatMap((event) => [event, event]);
        const first = recall(events.slice(0, cut), now);
        expect(recall(events.slice(cut), now, first)).toEqual(recall(events, now));
      }),
    );
  });

  it("counts only one interval of a night in which scheduled runs were missed", () => {
    const evening = now - 10 * 60 * minute;
    const events = [run(evening, { bg_1: "waiting/a" }), run(now, { bg_1: "healthy/b" })];
    expect(bg1(events)?.seconds).toEqual({ waiting: 240 });
  });

  it("remembers the last run", () => {
    expect(recall(runs("healthy/a", "healthy/a"), now)).toMatchObject({
      previousRunAt: now,
      previousTrigger: "cron",
    });
  });
});

describe("flapping", () => {
  /** Looks whose health changes `changes` times, then stays. */
  const looks = (before: TaskHistory | null, changes: number, calm: number) =>
    [
      ...Array.from({ length: changes }, (_, index) => index % 2 === 1),
      ...Array.from({ length: calm }, () => changes % 2 === 0),
    ].reduce<TaskHistory | null>(
      (history, isHealthy, index) =>
        look(history, isHealthy ? "healthy" : "stuck", "x", now + index * 4 * minute),
      before,
    );
  const start = look(null, "healthy", "x", now);

  it.each([
    [6, 30, false],
    [7, 35, true],
  ])("begins above 30 %%: %i changes in 20 looks are %i %%", (changes, percent, expected) => {
    const history = looks(start, changes, 0);
    expect(history?.isFlapping).toBe(expected);
    expect(changePercent(history?.changes ?? 0)).toBe(percent);
  });

  it("lasts until below 25 %", () => {
    // After 20 looks the first changes leave the window one by one: 7, 6, 5, 4.
    const flapping = [14, 15, 16].map((calm) => looks(start, 7, calm)?.isFlapping);
    expect(flapping).toEqual([true, true, false]);
  });

  it("never begins in a task that stays as it is", () => {
    expect(looks(start, 0, 100)?.isFlapping).toBe(false);
  });
});

describe("look", () => {
  it("keeps the window bounded and every number sound", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...healths), fc.nat(10 * minute))), (seen) => {
        let at = now;
        const history = seen.reduce<TaskHistory | null>((before, [health, passedMs]) => {
          at += passedMs;
          return look(before, health, "x", at);
        }, null);
        expect(history?.changes ?? 0).toBeLessThan(2 ** 20);
        expect(history?.count ?? 1).toBeGreaterThan(0);
        expect(history?.firstSeenAt ?? at).toBeLessThanOrEqual(at);
      }),
    );
  });
});
