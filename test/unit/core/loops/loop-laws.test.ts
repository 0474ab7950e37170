import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Activity } from "../../../../src/core/evidence/activity.ts";
import { findLoop } from "../../../../src/core/loops/loop.ts";
import { eventsOf, fold, fresh, options, type TestCall, times } from "../../../support/fold-calls.ts";

const word = fc.constantFrom("a", "b");
const call: fc.Arbitrary<TestCall> = fc
  .record({
    tool: fc.constantFrom("read", "write", "run"),
    kind: fc.constantFrom("mut", "run", "obs", "obs", "wait"),
    search: fc.boolean(),
    args: fc.option(word, { freq: 9 }),
    result: fc.option(fc.constantFrom("x", "y"), { freq: 9 }),
    length: fc.constantFrom(0, 100, 300),
    isFailed: fc.boolean(),
  })
  .map(({ isFailed, ...made }) => (isFailed ? { ...made, error: made.result ?? "e" } : made));
/** Messages of one to four calls each, many of them again and again. */
const work = fc
  .tuple(
    fc.array(fc.array(call, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 8 }),
  )
  .map(([messages, rounds]) =>
    times(rounds, () => ({}))
      .flatMap(() => messages)
      .flatMap((calls, index) => calls.map((made) => ({ ...made, message: `m${index}` }))),
  );

const levelOf = (calls: readonly TestCall[]) => findLoop(fold(eventsOf(calls)), options)?.level ?? "healthy";

/** The calls of each message in another order. */
function shuffled(calls: readonly TestCall[], turn: number): TestCall[] {
  return [...Map.groupBy(calls, ({ message }) => message).values()].flatMap((together) => {
    const at = turn % together.length;
    return [...together.slice(at), ...together.slice(0, at)].reverse();
  });
}

describe("the level of a loop", () => {
  it("does not depend on the order of parallel calls", () => {
    fc.assert(
      fc.property(work, fc.nat(5), (calls, turn) => {
        expect(levelOf(shuffled(calls, turn))).toBe(levelOf(calls));
      }),
      { numRuns: 300 },
    );
  });

  it("does not depend on where a log is split", () => {
    fc.assert(
      fc.property(work, fc.nat(200), (calls, cut) => {
        const events = eventsOf(calls);
        const kept = Activity.parse(JSON.parse(JSON.stringify(fold(events.slice(0, cut)))));

        expect(findLoop(fold(events.slice(cut), kept), options)).toEqual(findLoop(fold(events), options));
      }),
    );
  });

  it("does not depend on the names of tools of a kind", () => {
    fc.assert(
      fc.property(work, (calls) => {
        const renamed = calls.map(({ tool, ...made }) => ({ ...made, tool: `mcp__other__${tool}_it` }));

        expect(levelOf(renamed)).toBe(levelOf(calls));
      }),
    );
  });

  it("does not become stuck by a new result in place of an old one", () => {
    fc.assert(
      fc.property(work, fc.nat(200), (calls, index) => {
        const at = index % calls.length;
        const replaced = calls.map((made, n) =>
          n === at
            ? {
                ...made,
                ...fresh("new"),
                args: made.args ?? null,
                ...(made.error === undefined ? {} : { error: "new" }),
              }
            : made,
        );

        expect([levelOf(calls), levelOf(replaced)]).not.toEqual(["healthy", "stuck"]);
      }),
      { numRuns: 300 },
    );
  });
});
