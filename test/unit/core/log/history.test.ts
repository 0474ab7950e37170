import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { healths } from "../../../../src/core/log/health.ts";
import { changePercent, look, seenMs, type TaskHistory } from "../../../../src/core/log/history.ts";
import { minute, now } from "../../../support/sample-clock.ts";

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

  it("counts trouble in a row, whatever its words", () => {
    const first = look(null, "struggling", "x", now);
    expect(look(first, "stuck", "y", now + minute)).toMatchObject({ count: 1, inRow: 2 });
    expect(look(first, "healthy", "y", now + minute)).toMatchObject({ count: 1, inRow: 1 });
  });

  it("counts what is open again after its end anew", () => {
    const struggled = look(look(null, "struggling", "x", now), "failed", "y", now + 4 * minute);
    const again = look(struggled, "healthy", "x", now + 8 * minute);
    expect(struggled.seconds).toEqual({ struggling: 240 });
    expect(again).toMatchObject({ seconds: { failed: 240 }, hasRecovered: false });
  });

  it("remembers when it was last seen in a queue, and first seen to have begun", () => {
    const queued = look(look(null, "healthy", "queued", now), "healthy", "queued", now + minute);
    const begun = look(queued, "healthy", "recent_activity", now + 2 * minute);
    const later = look(begun, "healthy", "recent_activity", now + 3 * minute);
    expect(queued).toMatchObject({ queuedAt: now + minute, begunAt: null });
    expect(later).toMatchObject({ queuedAt: now + minute, begunAt: now + 2 * minute });
  });

  it.each([
    ["waiting_permission", now],
    ["waiting_usage_limit", now],
    ["waiting_prompt", null],
  ])("remembers when somebody was asked something: %s", (reason, askedAt) => {
    const asked = look(null, "waiting", reason, now);
    expect(look(asked, "healthy", "x", now + minute).askedAt).toBe(askedAt);
  });

  it("counts all the time where no run was scheduled", () => {
    const before = look(null, "waiting", "a", now - 60 * minute);
    expect(look(before, "waiting", "a", now).seconds).toEqual({ waiting: 3_600 });
  });

  it("counts no time where a clock runs back", () => {
    expect(seenMs(now, now - minute, null)).toBe(0);
  });
});
