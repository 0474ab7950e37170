import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecalledEvent } from "../../../../src/core/log/event.ts";
import { healths } from "../../../../src/core/log/health.ts";
import {
  changePercent,
  look,
  noHistory,
  recall,
  seenMs,
  type TaskHistory,
} from "../../../../src/core/log/history.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { ran } from "../../../support/recorded.ts";
import { minute, now } from "../../../support/sample-clock.ts";

/** Runs 4 minutes apart, the last of them now. */
const runs = (...states: readonly string[]) =>
  states.map((state, index) => ran(now - (states.length - 1 - index) * 4 * minute, { bg_1: state }));
const of = (type: "finished" | "health_still", at: number): RecalledEvent => ({
  type: `agentmonitor.task.${type}.v1`,
  id: type,
  time: formatTime(at),
  subject: "bg_1",
});
const bg1 = (events: readonly RecalledEvent[]) => recall(events, now).tasks.get("bg_1");

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
    const later = ran(now + 1_000, { bg_1: "failed/process_gone" });
    expect(recall([...runs("healthy/a"), later], now)).toEqual(recall(runs("healthy/a"), now));
  });

  it("ignores a health that it does not know", () => {
    expect(bg1(runs("dreaming/rem"))).toBeUndefined();
  });

  it("keeps tasks of odd names apart from what every object has", () => {
    const { tasks } = recall([ran(now, { constructor: "healthy/a", toString: "stuck/b" })], now);
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
    const events = [ran(evening, { bg_1: "waiting/a" }), ran(now, { bg_1: "healthy/b" })];
    expect(bg1(events)?.seconds).toEqual({ waiting: 240 });
  });

  it.each([
    ["8 minutes less 1 s", 8 * minute - 1_000, 479],
    ["8 minutes", 8 * minute, 240],
  ])("counts one interval from %s on", (_, passedMs, seconds) => {
    const events = [ran(now - passedMs, { bg_1: "waiting/a" }), ran(now, { bg_1: "waiting/a" })];
    expect(bg1(events)?.seconds).toEqual({ waiting: seconds });
  });

  it("counts all the time where no run was scheduled", () => {
    const before = look(null, "waiting", "a", now - 60 * minute);
    expect(look(before, "waiting", "a", now).seconds).toEqual({ waiting: 3_600 });
  });

  it("counts no time where a clock runs back", () => {
    expect(seenMs(now, now - minute, false)).toBe(0);
  });

  it("counts a health without a reason", () => {
    expect(bg1(runs("healthy"))).toMatchObject({ health: "healthy", reason: "" });
  });

  it("keeps the health before this one, through looks with other reasons", () => {
    expect(bg1(runs("healthy/a", "stuck/b", "stuck/c"))?.cameFrom).toBe("healthy");
    expect(bg1(runs("healthy/a", "healthy/b"))?.cameFrom).toBeNull();
  });

  it("takes the later of two runs for the last one, in whatever order they are on record", () => {
    const early = ran(now - minute);
    const late = ran(now, {}, "terminal");
    const last = { previousRunAt: now, previousTrigger: "terminal" };
    expect(recall([early, late], now)).toMatchObject(last);
    expect(recall([late, early], now)).toMatchObject(last);
  });

  it("takes the second of two runs of one moment for the last one", () => {
    const events = [ran(now), ran(now, {}, "terminal")];
    expect(recall(events, now).previousTrigger).toBe("terminal");
  });

  it.each([
    ["completed/a", true],
    // Another end: it was taken up in between.
    ["failed/b", false],
    ["cancelled/c", false],
    ["healthy/d", false],
    ["waiting/e", false],
  ])("knows whether an end is on record after a run saw %s", (state, isFinished) => {
    const events = [
      ran(now - minute, { bg_1: "completed/a" }),
      of("finished", now),
      ran(now, { bg_1: state }),
    ];
    expect(bg1(events)?.isFinished).toBe(isFinished);
  });

  it.each([
    ["stuck/b", now],
    ["healthy/c", null],
  ])("remembers when a lasting trouble was recorded last, after a run saw %s", (state, at) => {
    const events = [
      ran(now - minute, { bg_1: "stuck/a" }),
      of("health_still", now),
      ran(now, { bg_1: state }),
    ];
    expect(bg1(events)?.lastStillAt).toBe(at);
  });

  it("takes nothing else from an event about a task than what it is about", () => {
    const seen = ran(now - minute, { bg_1: "stuck/a" });
    expect(bg1([seen, of("finished", now)])?.lastStillAt).toBeNull();
    expect(bg1([seen, of("health_still", now)])?.isFinished).toBe(false);
  });

  it("knows that a struggling task completed, and keeps it", () => {
    expect(bg1(runs("struggling/a", "completed/b"))?.hasRecovered).toBe(true);
    expect(bg1(runs("struggling/a", "healthy/b", "failed/c"))?.hasRecovered).toBe(true);
    expect(bg1(runs("stuck/a", "healthy/b"))?.hasRecovered).toBe(false);
  });

  it("keeps the ids of the last 256 events", () => {
    const events = Array.from({ length: 300 }, (_, index) => ran(now - index));
    const { recentIds } = recall(events, now);
    expect([recentIds.length, recentIds.at(0), recentIds.at(-1)]).toEqual([
      256,
      events[44]?.id,
      events[299]?.id,
    ]);
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

  it("counts changes in percent of 20 looks", () => {
    expect([0, 1, 2 ** 10 - 1, 2 ** 20 - 1].map(changePercent)).toEqual([0, 5, 50, 100]);
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
