import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Activity } from "../../../../src/core/evidence/activity.ts";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { emptyActivity } from "../../../../src/core/evidence/observe.ts";
import { closeCalls, findLoop } from "../../../../src/core/loops/loop.ts";
import {
  eventsOf,
  fold,
  fresh,
  options,
  type TestCall,
  times,
  verdictOf,
} from "../../../support/fold-calls.ts";

const word = fc.constantFrom("a", "b", "c");
const at = fc.integer({ min: -1_000, max: 10_000_000_000_000 });
const callId = fc.option(fc.constantFrom("1", "2", "3", "4"));
const kind = fc.constantFrom("plan", "wait", "mut", "run", "obs");
const digestOrNull = fc.option(word);

/** Any event of any kind, with few different words, so that much repeats. */
const anyEvent: fc.Arbitrary<AgentEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("call_started"),
      at,
      callId,
      tool: word,
      input: fc.oneof(
        fc.record({ raw: fc.jsonValue({ maxDepth: 2 }) }),
        fc.record({ digest: fc.record({ kind, isSearch: fc.boolean(), argsHash: digestOrNull }) }),
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("call_ended"),
      at,
      callId,
      outcome: fc.constantFrom("ok", "failed", "neutral"),
      output: fc.oneof(
        fc.constant(null),
        fc.record({ raw: fc.string() }),
        fc.record({
          digest: fc.record({
            resultHash: digestOrNull,
            answerHash: digestOrNull,
            errorHash: digestOrNull,
            length: fc.option(fc.nat(400)),
          }),
        }),
      ),
      error: fc.option(fc.string()),
    }),
  },
  fc.record({
    type: fc.constant("plan_changed"),
    at,
    done: fc.nat(5),
    total: fc.constant(5),
    step: fc.constant(null),
  }),
  fc.record({ type: fc.constant("said"), at, text: word }),
  fc.record({ type: fc.constantFrom("user_message", "turn_started", "condensed", "answered", "active"), at }),
);
const anyEvents = fc.array(anyEvent, { maxLength: 120 });

/** Calls out of few, so that every rule fires now and then. */
const anyCall: fc.Arbitrary<TestCall> = fc.record({
  tool: fc.constantFrom("read", "edit", "bash"),
  kind,
  search: fc.boolean(),
  args: digestOrNull,
  result: digestOrNull,
  length: fc.constantFrom(0, 60, 200),
});
const anyCalls = fc.array(anyCall, { maxLength: 80 });

describe("findLoop", () => {
  it("never throws", () => {
    fc.assert(
      fc.property(anyEvents, at, (events, now) => {
        const activity = fold(events);
        findLoop(activity, { now });
        closeCalls(activity, { now });
      }),
    );
  });

  it("never calls stuck what brings something new with every call", () => {
    const news = fc.array(anyCall, { maxLength: 80 }).map((calls) =>
      calls.map((call, n) => ({
        ...call,
        result: `result ${n}`,
        args: call.kind === "mut" ? `args ${n}` : (call.args ?? null),
      })),
    );
    fc.assert(fc.property(news, (calls) => !/stuck/.test(verdictOf(calls) ?? "")));
  });

  it("finds nothing after a user message", () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const activity = fold([...events, { type: "user_message", at: options.now }]);
        return findLoop(activity, { now: options.now }) === null;
      }),
    );
  });

  it("finds the same whatever the order of the keys of the arguments", () => {
    const raw = fc.dictionary(word, fc.dictionary(word, fc.constantFrom(1, 2)));
    const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse());
    const events = (inputs: readonly object[]) =>
      eventsOf(inputs.map(() => ({}))).map(
        (event, n): AgentEvent =>
          event.type === "call_started" ? { ...event, input: { raw: inputs[Math.floor(n / 2)] } } : event,
      );
    fc.assert(
      fc.property(fc.array(raw, { maxLength: 40 }), (inputs) => {
        const a = findLoop(fold(events(inputs)), options);
        const b = findLoop(fold(events(inputs.map(reversed))), options);
        expect(a && { ...a, target: null }).toEqual(b && { ...b, target: null });
      }),
    );
  });

  it("finds the same when the activity is kept as JSON in between", () => {
    fc.assert(
      fc.property(anyEvents, fc.nat(120), (events, cut) => {
        const kept = Activity.parse(JSON.parse(JSON.stringify(fold(events.slice(0, cut)))));
        const inPieces = fold(events.slice(cut), kept);
        const atOnce = fold(events);

        expect(inPieces).toEqual(atOnce);
        expect(findLoop(inPieces, options)).toEqual(findLoop(atOnce, options));
      }),
    );
  });

  it("clears by itself when the agent gets out", () => {
    fc.assert(
      fc.property(anyCalls, (calls) => {
        const out = times(24, (n) => fresh(n));
        return !/stuck|struggling/.test(verdictOf([...calls, ...out]) ?? "");
      }),
    );
  });

  it("says nothing of unknown arguments with unknown results", () => {
    const unknown = anyCalls.map((calls) => calls.map((call) => ({ ...call, args: null, result: null })));
    fc.assert(fc.property(unknown, (calls) => verdictOf(calls) === null));
  });

  it("says nothing of nothing", () => {
    expect(findLoop(emptyActivity(), options)).toBeNull();
  });
});
