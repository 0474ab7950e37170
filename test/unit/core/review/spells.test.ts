import { describe, expect, it } from "vitest";
import type { RecalledRun } from "../../../../src/core/log/recalled-event.ts";
import { collectEnds, type End } from "../../../../src/core/review/ends.ts";
import { looksOf, mainLooks } from "../../../../src/core/review/looks.ts";
import { findSpells, firstSignsOf } from "../../../../src/core/review/spells.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { finished, monday, ran } from "../../../support/recorded.ts";
import { hour, minute } from "../../../support/sample-clock.ts";

const window = { from: monday, to: monday + hour };
const at = (minutes: number) => monday + minutes * minute;
const runs = (...states: readonly (readonly [number, Record<string, string>, string?])[]) =>
  [...looksOf(states.map(([minutes, tasks, trigger]) => ran(at(minutes), tasks, trigger))).values()].flat();

describe("findSpells", () => {
  it("cuts looks into spells of one health each", () => {
    const spells = findSpells(
      runs([0, { a: "healthy/x" }], [4, { a: "healthy/y" }], [8, { a: "stuck/z" }], [12, { a: "stuck/z" }]),
      window,
    );
    expect(spells).toMatchObject([
      {
        subject: "a",
        health: "healthy",
        from: at(0),
        confirmedAt: at(4),
        lastAt: at(4),
        to: at(8),
        next: "stuck",
        seenMs: 8 * minute,
      },
      {
        subject: "a",
        health: "stuck",
        from: at(8),
        confirmedAt: at(12),
        lastAt: at(12),
        to: null,
        next: null,
        seenMs: 4 * minute,
      },
    ]);
  });

  it("is confirmed by the second look, not the third", () => {
    const spells = findSpells(
      runs([0, { a: "stuck/x" }], [4, { a: "stuck/x" }], [8, { a: "stuck/x" }]),
      window,
    );
    expect(spells).toMatchObject([{ confirmedAt: at(4), lastAt: at(8), seenMs: 8 * minute }]);
  });

  it("is confirmed by a second look that finds another trouble", () => {
    const spells = findSpells(runs([0, { a: "struggling/x" }], [4, { a: "stuck/x" }]), window);
    expect(spells).toMatchObject([
      { health: "struggling", confirmedAt: null },
      { health: "stuck", confirmedAt: at(4) },
    ]);
  });

  it("tells a question from a session at its prompt", () => {
    const spells = findSpells(
      runs([0, { a: "waiting/waiting_prompt" }], [4, { a: "waiting/waiting_question" }]),
      window,
    );
    expect(spells.map(({ isAsked }) => isAsked)).toEqual([false, true]);
  });

  it("takes no look by hand for the second one that confirms trouble, where cron runs", () => {
    const cron = (minutes: number, tasks: Record<string, string>) => ran(at(minutes), tasks, "cron");
    const stuck = { a: "stuck/x" };
    const byHand = ran(at(4), stuck, "terminal");
    const confirmed = (...those: readonly RecalledRun[]) =>
      findSpells(mainLooks(looksOf(those), window), window).map((spell) => spell.confirmedAt);
    const [before, first, after] = [cron(0, {}), cron(5, stuck), cron(10, { a: "healthy/y" })];
    expect(confirmed(before, byHand, first, after)).toEqual([null, null]);
    expect(confirmed(before, first, cron(9, stuck), after)).toEqual([at(9), null]);
    expect(confirmed(byHand, ran(at(8), stuck, "terminal"))).toEqual([at(8)]);
  });

  it("goes on where a run wrote down that nothing had changed", () => {
    const first = ran(at(0), { a: "stuck/x" });
    const second = ran(at(4));
    const looks = looksOf([first, { ...second, data: { ...second.data, tasks: null } }]);
    expect(findSpells([...looks.values()].flat(), window)).toMatchObject([{ confirmedAt: at(4) }]);
  });

  it("orders the spells of several tasks by their beginning, closed ones before open ones", () => {
    const spells = findSpells(
      runs(
        [0, { a: "healthy/x" }],
        [4, { a: "healthy/x", b: "stuck/x" }],
        [8, { a: "waiting/x", b: "stuck/x" }],
      ),
      window,
    );
    expect(spells.map(({ subject, health }) => `${subject} ${health}`)).toEqual([
      "a healthy",
      "b stuck",
      "a waiting",
    ]);
  });

  it.each([
    ["all the time between two runs by hand", [0, "terminal"], [40, "terminal"], 40],
    ["one interval of a night in which cron missed its runs", [0, "cron"], [40, "cron"], 4],
    ["nothing before the window", [-40, "terminal"], [0, "terminal"], 0],
    ["from the window's beginning", [-10, "terminal"], [10, "terminal"], 10],
    ["up to the window's end", [50, "terminal"], [90, "terminal"], 10],
    ["nothing after the window", [60, "terminal"], [90, "terminal"], 0],
  ] as const)("sees %s", (_, [first, trigger], [second], minutes) => {
    const [spell] = findSpells(
      runs([first, { a: "waiting/x" }, trigger], [second, { a: "waiting/x" }, trigger]),
      window,
    );
    expect(spell?.seenMs).toBe(minutes * minute);
  });

  it("counts by cron's interval although somebody looked by hand in between", () => {
    const [spell] = findSpells(
      runs(
        [0, { a: "waiting/x" }, "cron"],
        [4, { a: "waiting/x" }, "terminal"],
        [30, { a: "waiting/x" }, "cron"],
      ),
      window,
    );
    expect(spell?.seenMs).toBe(8 * minute);
  });

  it("ignores a health that it does not know", () => {
    expect(findSpells(runs([0, { a: "dreaming/x" }]), window)).toEqual([]);
  });
});

describe("firstSignsOf", () => {
  const failed = (
    subject: string,
    minutes: number,
    startedAt: number | null,
    outcome: "failure" | "timeout" = "failure",
  ) =>
    finished(subject, at(minutes), {
      outcome,
      started_at: startedAt === null ? null : formatTime(at(startedAt)),
    });
  const signsOf = (
    looks: readonly (readonly [number, Record<string, string>])[],
    events: ReturnType<typeof finished>[],
    ends: readonly End[] = collectEnds(events, []),
  ) => firstSignsOf(findSpells(runs(...looks), window), ends, events, window);
  const none = {
    confirmed: 0,
    median_to_confirmed_s: null,
    failures_announced: 0,
    failures_without_sign: 0,
    median_to_failure_s: null,
    p90_to_failure_s: null,
  };

  it.each([
    ["trouble", "struggling", [0, 4], { confirmed: 1, median_to_confirmed_s: 240 }],
    ["no wait", "waiting", [0, 4], {}],
    ["no trouble that was seen once", "stuck", [0], {}],
    ["no trouble that began before the window", "stuck", [-4, 0], {}],
  ] as const)("measures of %s how long its confirmation took", (_, health, looks, measured) => {
    const seen = looks.map((minutes) => [minutes, { a: `${health}/x` }] as const);
    expect(signsOf(seen, [])).toEqual({ ...none, ...measured });
  });

  const trouble = [[4, { a: "stuck/x" }]] as const;

  it.each([
    ["a failure", failed("a", 10, 0), 1, 360],
    ["a timeout", failed("a", 10, 0, "timeout"), 1, 360],
    ["a failure of unknown beginning", failed("a", 10, null), 1, 360],
    ["a failure that began with the sign", failed("a", 10, 4), 1, 360],
    ["a failure that began after the sign", failed("a", 10, 5), 0, null],
    ["a failure at the moment of the sign", failed("a", 4, 0), 0, null],
    ["another task's failure", failed("b", 10, 0), 0, null],
  ])("tells whether %s was announced", (_, event, announced, seconds) => {
    expect(signsOf(trouble, [event])).toMatchObject({
      failures_announced: announced,
      failures_without_sign: 1 - announced,
      median_to_failure_s: seconds,
      p90_to_failure_s: seconds,
    });
  });

  it("does not count what ended well", () => {
    expect(signsOf(trouble, [finished("a", at(10))])).toEqual(none);
  });

  it("measures up to the record of the run, not up to the end itself", () => {
    const events = [failed("a", 10, 0)];
    const ends = collectEnds(events, []).map((end) => ({ ...end, at: at(6) }));
    expect(signsOf(trouble, events, ends).median_to_failure_s).toBe(360);
    expect(signsOf(trouble, [], ends).median_to_failure_s).toBe(120);
    expect(signsOf(trouble, [failed("a", 10, 1)], ends).median_to_failure_s).toBe(120);
  });
});
