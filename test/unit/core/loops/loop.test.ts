import { describe, expect, it } from "vitest";
import { emptyActivity } from "../../../../src/core/evidence/observe.ts";
import { closeCalls, findLoop, loopRules } from "../../../../src/core/loops/loop.ts";
import { largestGroup, type Measure, spanOf } from "../../../../src/core/loops/loop-rule.ts";
import { workOf } from "../../../../src/core/loops/steps.ts";
import { activityOf, fresh, options, type TestCall, times } from "../../../support/fold-calls.ts";

const same: TestCall = { args: "a", result: "r" };
const failing = (n: number): TestCall => ({
  args: `a${n}`,
  result: `r${n}`,
  error: "e",
  says: "no such file",
});
const edit: TestCall = { kind: "mut", args: "a", result: "r" };
const asking = (n: number): TestCall => ({ args: `a${n}`, result: "r", length: 200 });
const known = times(5, (n) => ({ args: `k${n}`, result: `k${n}`, length: 10 }));

describe("each rule names itself", () => {
  it.each<[string, string, TestCall[], object]>([
    ["R1", "repeated_call", times(5, () => same), { count: 5, of: null, error: null }],
    ["R1m", "repeated_edit", times(6, () => edit), { count: 6, of: null }],
    [
      "R1w",
      "repeated_call",
      times(12, (n) => ({ args: n % 2 ? `a${n}` : "a", result: null })),
      { count: 6, of: 12, error: null },
    ],
    ["R2", "cycle", times(7, (n) => ({ args: `a${n % 2}` })), { count: 7, of: null, period: 2, rounds: 3 }],
    ["R3", "same_error", times(9, failing), { count: 9, of: 9, error: "no such file" }],
    [
      "R3b",
      "same_error",
      times(24, (n) => (n % 2 ? failing(n) : same)),
      { count: 12, of: 24, error: "no such file" },
    ],
    [
      "R3b",
      "same_answer",
      times(24, (n) => (n % 2 ? { ...asking(n % 4), kind: "mut" } : same)),
      { count: 12, of: 24 },
    ],
    ["R4", "same_answer", times(10, asking), { count: 10, of: 10 }],
    ["R4m", "same_answer", times(10, (n) => ({ ...asking(n), kind: "mut" })), { count: 10, of: 10 }],
    [
      "R5",
      "edits_without_effect",
      times(13, (n) => (n % 2 ? { ...edit, args: `e${n}` } : { ...same, kind: "run", error: "e" })),
      { count: 6, of: null, edits: 6 },
    ],
    ["R6", "no_news", [...known, ...times(20, (n) => known[n % 5] ?? {})], { count: 20, of: 20 }],
    ["R7", "old_answers", times(16, asking), { count: 14, of: 16, answers: 1 }],
    [
      "R8",
      "only_failures",
      times(10, (n) => ({ ...failing(n), error: `e${n % 4}` })),
      { count: 10, of: null, error: "no such file" },
    ],
  ])("%s as %s", (rule, code, calls, numbers) => {
    const only = loopRules.filter(({ id }) => id === rule);

    expect(findLoop(activityOf(calls), options, only)).toMatchObject({
      rule,
      code,
      level: "stuck",
      ...numbers,
    });
  });
});

describe("closeCalls", () => {
  it("measures every rule, in their order", () => {
    const measures = closeCalls(activityOf(times(4, () => ({}))), options);

    expect(measures.map(({ rule }) => rule)).toEqual(loopRules.map(({ id }) => id));
    expect(measures.find(({ rule }) => rule === "R1")).toMatchObject({ count: 4, threshold: 5, warnAt: 3 });
  });

  it("counts nothing where nothing was called", () => {
    expect(closeCalls(emptyActivity(), options).filter(({ count }) => count !== 0)).toEqual([]);
  });

  it.each<[string, TestCall[], string, object]>([
    ["a look alone", [same], "R1", { count: 1, threshold: 5, calls: [{ argsHash: "a" }] }],
    ["a wait", [same, { ...same, kind: "wait" }], "R1", { count: 0, calls: [] }],
    [
      "5 equal plans",
      times(5, () => ({ ...same, kind: "plan" })),
      "R1",
      { count: 5, threshold: 10, warnAt: 5 },
    ],
    [
      "a call without a result among known ones",
      [same, { ...same, result: null }],
      "R1",
      { count: 1, threshold: 20 },
    ],
    ["a first edit", [fresh(1), edit], "R1m", { count: 1, threshold: 6 }],
    ["a look after edits", [edit, edit, same], "R1m", { count: 0, calls: [] }],
    ["a call with a new and an old result", [same, same], "R1w", { count: 1, of: 2, warnAt: null }],
    [
      "looks apart without results",
      ["a", "b", "a"].map((args) => ({ args, result: null })),
      "R1w",
      { count: 2, of: 3, warnAt: 4, excuse: null },
    ],
    ["a check alone", [{ ...same, kind: "run" }], "R5", { count: 0 }],
    [
      "a passing check after an edit",
      [
        { ...same, kind: "run" },
        { ...edit, args: "e" },
        { ...same, kind: "run" },
      ],
      "R5",
      { count: 0 },
    ],
    ["polls", times(2, () => ({ ...same, kind: "wait" })), "W", { count: 2, warnAt: 20, threshold: null }],
    ["polls that are over", [{ ...same, kind: "wait" }, fresh(1)], "W", { count: 0, calls: [] }],
  ])("measures %s", (_, calls, rule, measured) => {
    const measures = closeCalls(activityOf(calls), options);

    expect(measures.find((measure) => measure.rule === rule)).toMatchObject(measured);
  });
});

describe("the largest group of calls", () => {
  it.each([
    ["the most frequent", ["a", "b", "a"], "aa"],
    ["of two equally frequent ones the one that began later", ["a", "b", "b", "a"], "bb"],
    ["none of what nobody knows", [null, null, "a"], "a"],
    ["nothing of nothing", [], ""],
  ])("is %s", (_, args, group) => {
    const { steps } = workOf(activityOf(args.map((each) => ({ args: each }))));
    const { calls, count } = largestGroup(steps, ({ argsHash }) => argsHash);

    expect([calls.map(({ argsHash }) => argsHash).join(""), count]).toEqual([group, group.length]);
  });
});

describe("what counted calls have in common", () => {
  const measureOf = (calls: readonly TestCall[], everyMs?: number): Measure => ({
    count: calls.length,
    of: 12,
    unit: "calls",
    threshold: 5,
    warnAt: null,
    excuse: null,
    calls: activityOf(calls, everyMs).calls,
  });

  it.each([
    ["no pace of one call", [same], 1_000, null],
    ["the pace of two calls", [same, same], 60_000, 60_000],
    ["the mean pace of four calls", times(4, fresh), 7_000, 7_000],
    ["no pace below nothing, where a clock runs back", [same, same], -1_000, 0],
  ] satisfies [string, TestCall[], number, number | null][])("tells %s", (_, calls, everyMs, told) => {
    expect(spanOf(measureOf(calls, everyMs), "stuck")?.everyMs).toBe(told);
  });

  it("tells nothing of no calls", () => {
    expect(spanOf(measureOf([]), "stuck")).toBeNull();
  });
});
