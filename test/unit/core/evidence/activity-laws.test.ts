import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Activity } from "../../../../src/core/evidence/activity.ts";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../../../src/core/evidence/observe.ts";
import { isTime } from "../../../../src/core/text/time.ts";
import { fold } from "../../../support/fold-calls.ts";
import { now } from "../../../support/sample-clock.ts";

const at = fc.integer({ min: now - 1_000_000, max: now });
const line = fc.option(fc.integer({ min: 1, max: 10_000 }));
const callId = fc.option(fc.constantFrom("a", "b", "c", "d"));
const tool = fc.constantFrom("read", "edit", "bash", "grep", "todowrite", "sleep");
const text = fc.constantFrom("no such file", "ok", "a\u001b[31mb", "", "x".repeat(300));
const raw = fc.constantFrom({ path: "src/a.ts" }, { command: "bun test" }, "src/b.ts", null, {
  pattern: "x",
});
const outcome = fc.constantFrom(
  "success" as const,
  "failure" as const,
  "timeout" as const,
  "cancelled" as const,
);
const one = <T extends AgentEvent["type"]>(type: T) => fc.constant(type);
const anyEvent: fc.Arbitrary<AgentEvent> = fc.oneof(
  fc.record({ type: one("user_message"), at, line }),
  fc.record({ type: one("turn_started"), at, line }),
  fc.record({
    type: one("call_started"),
    at,
    line,
    callId,
    tool,
    input: fc.record({ raw }),
    timeoutMs: fc.option(fc.nat()),
  }),
  fc.record({
    type: one("call_ended"),
    at,
    line,
    callId,
    tool,
    outcome: fc.constantFrom("ok" as const, "failed" as const, "neutral" as const),
    output: fc.option(fc.record({ raw: text })),
    error: fc.option(text),
  }),
  fc.record({ type: one("said"), at, line, text }),
  fc.record({ type: one("condensed"), at, line }),
  fc.record({
    type: one("plan_changed"),
    at,
    line,
    done: fc.nat(9),
    total: fc.nat(9),
    step: fc.option(text),
  }),
  fc.record({ type: one("turn_ended"), at, line, outcome, message: fc.option(text) }),
  fc.record({
    type: one("provider_retry"),
    at,
    line,
    message: text,
    attempt: fc.option(fc.nat(9)),
    maxAttempts: fc.option(fc.nat(9)),
  }),
  fc.record({
    type: one("asked"),
    at,
    line,
    for: fc.constantFrom("permission" as const, "question" as const),
    tool: fc.option(tool),
    text: fc.option(text),
    callId,
  }),
  fc.record({ type: one("answered"), at, line }),
  fc.record({
    type: one("child_started"),
    at,
    line,
    childId: fc.constantFrom("k1", "k2"),
    kind: fc.constantFrom("agent" as const, "shell" as const),
    title: fc.option(text),
  }),
  fc.record({
    type: one("child_ended"),
    at,
    line,
    childId: fc.constantFrom("k1", "k2"),
    outcome: fc.option(outcome),
  }),
  fc.record({ type: one("active"), at, line }),
);
const anyEvents = fc.array(anyEvent, { maxLength: 60 });

const throughJson = (activity: Activity) => Activity.parse(JSON.parse(JSON.stringify(activity)));

describe("observe", () => {
  it("gives the same activity whatever the pieces, with JSON in between", () => {
    fc.assert(
      fc.property(fc.array(anyEvents, { maxLength: 6 }), (pieces) => {
        const inPieces = pieces.reduce(
          (activity, piece) => throughJson(piece.reduce(observe, activity)),
          emptyActivity(),
        );
        expect(inPieces).toEqual(throughJson(fold(pieces.flat())));
      }),
      { numRuns: 100 },
    );
  });

  it("does not change the events it folds", () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const before = structuredClone(events);
        fold(events);
        expect(events).toEqual(before);
      }),
    );
  });

  it("stays small after 10,000 events", () => {
    const events = Array.from({ length: 2_500 }, (_, index): AgentEvent[] => [
      {
        type: "call_started",
        at: now + index,
        callId: `c${index}`,
        tool: `tool${index}`,
        input: { raw: { path: `src/${index}.ts` } },
      },
      {
        type: "call_ended",
        at: now + index,
        callId: `c${index}`,
        outcome: "failed",
        output: { raw: `error ${index} `.repeat(50) },
      },
      {
        type: "child_started",
        at: now + index,
        childId: `k${index}`,
        kind: "shell",
        title: `shell ${index}`,
      },
      {
        type: "call_started",
        at: now + index,
        callId: `open${index}`,
        tool: "bash",
        input: { raw: { command: `sleep ${index}` } },
      },
    ]).flat();
    const activity = fold(events);
    expect(JSON.stringify(activity).length).toBeLessThan(200_000);
    expect(activity).toMatchObject({ callCount: 2_500, failures: { count: 2_500 } });
  });
});

it("stays within what can be written as a time, whatever an event says", () => {
  const { startedAt, lastActivityAt } = fold([1e308, -5, Number.NaN].map((at) => ({ type: "active", at })));
  expect([startedAt, lastActivityAt].every((at) => at !== null && isTime(at))).toBe(true);
});
