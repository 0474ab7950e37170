import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../../src/core/log/event.ts";
import { noHistory } from "../../../../src/core/log/history.ts";
import { pastOf } from "../../../../src/core/log/past.ts";
import { historyOf, recall } from "../../../../src/core/log/recall.ts";
import type { RecalledEvent } from "../../../../src/core/log/recalled-event.ts";
import { changed, finished, ran } from "../../../support/recorded.ts";
import { minute, now } from "../../../support/sample-clock.ts";

/** Runs 4 minutes apart, the last of them now. */
const runs = (...states: readonly string[]) =>
  states.map((state, index) => ran(now - (states.length - 1 - index) * 4 * minute, { bg_1: state }));
const reader = "ada@host";
const knownOf = (events: readonly RecalledEvent[], whose = reader) => historyOf(recall(events, now), whose);
const bg1 = (events: readonly RecalledEvent[]) => knownOf(events).tasks.get("bg_1");
/** The same run as another reader's, or as one that told this. */
function given(run: RunEvent, part: Partial<RunEvent["data"]>): RunEvent {
  return { ...run, id: `${run.id} ${JSON.stringify(part)}`, data: { ...run.data, ...part } };
}

describe("recall", () => {
  it("knows nothing of an empty log", () => {
    expect(knownOf([])).toEqual(noHistory);
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
    const { tasks } = knownOf([ran(now, { constructor: "healthy/a", toString: "stuck/b" })]);
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

  it("counts a health without a reason", () => {
    expect(bg1(runs("healthy"))).toMatchObject({ health: "healthy", reason: "" });
  });

  it("keeps the health before this one, through looks with other reasons", () => {
    expect(bg1(runs("healthy/a", "stuck/b", "stuck/c"))?.cameFrom).toBe("healthy");
    expect(bg1(runs("healthy/a", "healthy/b"))?.cameFrom).toBeNull();
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
});

describe("recall of several readers", () => {
  const mail = "mail";

  it("counts the looks of each reader apart", () => {
    const log = runs("stuck/a", "stuck/a").map((run, index) =>
      index === 0 ? run : given(run, { reader: mail }),
    );
    expect([reader, mail].map((name) => knownOf(log, name).tasks.get("bg_1")?.count)).toEqual([1, 1]);
  });

  it("gives a new reader what was written before there were any", () => {
    const log = runs("stuck/a", "stuck/a").map((run) => given(run, { reader: "" }));
    expect(knownOf(log, "anybody").tasks.get("bg_1")?.count).toBe(2);
    const own = given(ran(now, { bg_1: "stuck/a" }), { reader: mail });
    expect(knownOf([...log, own], mail).tasks.get("bg_1")?.count).toBe(3);
  });

  it("knows an end that any run recorded", () => {
    const end = finished("bg_1", now, { reader: mail });
    expect(knownOf([end]).ends.get("bg_1")).toMatchObject({
      outcome: "success",
      at: now,
    });
  });

  it("goes on from the last states where a run wrote down none", () => {
    const log = runs("stuck/a", "stuck/a").map((run, index) =>
      index === 0 ? run : given(run, { tasks: null }),
    );
    expect(bg1(log)).toMatchObject({ count: 2, lastSeenAt: now });
    expect(knownOf(log)).toMatchObject({ states: { bg_1: "stuck/a" }, statesAt: now - 4 * minute });
  });

  it("counts a change of a run that was cut off, and of one that was not once", () => {
    const change = changed("bg_1", now, { to: "stuck" });
    expect(bg1([...runs("healthy/a").slice(1), change])).toMatchObject({ health: "stuck", count: 1 });
  });

  it("tells of a task what any reader saw", () => {
    const log = [
      given(ran(now - 8 * minute, { bg_1: "healthy/queued" }), { reader: mail }),
      ran(now - 4 * minute, { bg_1: "waiting/waiting_question" }),
      given(ran(now, { bg_1: "healthy/recent_activity" }), { reader: mail }),
    ];
    expect(pastOf(recall(log, now), "bg_1")).toEqual({
      end: null,
      askedAt: now - 4 * minute,
      queuedAt: now - 8 * minute,
      begunAt: now - 4 * minute,
    });
  });
});

describe("what was told", () => {
  const telling = (state: string, at: number, told: Readonly<Record<string, string>>) =>
    given(ran(at, { bg_1: state }), { told });
  const toldOf = (events: readonly RecalledEvent[]) => knownOf(events).told.get("bg_1");

  it("is what every run saw, until one tells changes", () => {
    expect(toldOf(runs("stuck/a"))).toMatchObject({ health: "stuck", which: null });
    expect(toldOf([...runs("stuck/a"), telling("healthy/b", now, {})])).toMatchObject({ health: "stuck" });
  });

  it("is what a run told, with which question or end it was", () => {
    expect(toldOf([telling("waiting/waiting_question", now, { bg_1: "waiting//ab12" })])).toEqual({
      health: "waiting",
      isFlapping: false,
      at: now,
      firstAt: now,
      which: "ab12",
    });
  });

  it("keeps since when the same trouble is told, also in a milder word", () => {
    const log = [
      telling("stuck/a", now - 60 * minute, { bg_1: "stuck" }),
      telling("struggling/a", now, { bg_1: "struggling" }),
    ];
    expect(toldOf(log)).toMatchObject({ health: "stuck", firstAt: now - 60 * minute, at: now });
  });

  it("counts a worse trouble from its own first time", () => {
    const log = [
      telling("struggling/a", now - 60 * minute, { bg_1: "struggling" }),
      telling("stuck/a", now, { bg_1: "stuck" }),
    ];
    expect(toldOf(log)).toMatchObject({ health: "stuck", firstAt: now });
  });

  it.each([
    ["waiting//ab12", "healthy"],
    ["waiting//limit", "waiting"],
  ])("knows that whoever answered knows, but a limit nobody lifts: %s", (told, health) => {
    const log = [telling("waiting/x", now - minute, { bg_1: told }), telling("healthy/x", now, {})];
    expect(toldOf(log)?.health).toBe(health);
  });

  it("remembers what the last run that told changes found in trouble", () => {
    const log = [telling("stuck/a", now - minute, {}), ran(now, { bg_1: "healthy/b" })];
    expect([...knownOf(log).inTrouble]).toEqual(["bg_1"]);
  });
});
