import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Activity } from "../../src/core/activity.ts";
import type { AgentEvent } from "../../src/core/agent-event.ts";
import { emptyActivity, observe } from "../../src/core/observe.ts";
import { call, minute, now, openCall } from "./sample-task.ts";

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

const fold = (events: readonly AgentEvent[]) => events.reduce(observe, emptyActivity());
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

  it("counts a call once whose records are repeated", () => {
    const events = call(minute, "failed");
    expect(fold([...events, ...events, ...events])).toMatchObject({
      callCount: 1,
      failureCount: 1,
      failures: { count: 1 },
      openCalls: [],
    });
  });

  it("counts three failures in a row with the names of their tools", () => {
    const activity = fold([
      ...call(5 * minute, "ok"),
      ...call(4 * minute, "failed", { tool: "edit" }),
      ...call(3 * minute, "failed", { tool: "bash" }),
      ...call(2 * minute, "failed", { tool: "edit", error: "old_string not found" }),
    ]);
    expect(activity.failures).toMatchObject({
      count: 3,
      tools: [
        ["edit", 2],
        ["bash", 1],
      ],
    });
    expect(activity.lastError).toMatchObject({ tool: "edit", message: "old_string not found" });
  });

  it("ends a run of failures at a success", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      ...call(2 * minute, "ok"),
      ...call(minute, "failed"),
    ]);
    expect(activity).toMatchObject({ failures: { count: 1 }, failureCount: 2, callCount: 3 });
  });

  it("neither counts a refused call nor lets it end a run of failures", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      ...call(2 * minute, "neutral"),
      ...call(minute, "failed"),
    ]);
    expect(activity).toMatchObject({ failures: { count: 2 }, failureCount: 2, callCount: 3 });
  });

  it("forgets failures, calls and an end at a new user message", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      { type: "turn_ended", at: now - 2 * minute, outcome: "failure", message: "gave up" },
      { type: "user_message", at: now - minute },
    ]);
    expect(activity).toMatchObject({ failures: { count: 0 }, calls: [], ended: null, failureCount: 1 });
  });

  it("is not reopened by more words of the same turn", () => {
    const activity = fold([
      { type: "turn_ended", at: now - minute, outcome: "success", message: null },
      { type: "active", at: now },
    ]);
    expect(activity).toMatchObject({ ended: { outcome: "success" }, lastActivityAt: now });
  });

  it("keeps a call open until its own end", () => {
    const activity = fold([openCall(5 * minute, 60_000), ...call(minute, "ok")]);
    expect(activity.openCalls).toMatchObject([{ callId: "open", tool: "bash", timeoutMs: 60_000 }]);
  });

  it("waits until the asking call ends", () => {
    const asked: AgentEvent = {
      type: "asked",
      at: now - minute,
      for: "permission",
      tool: "bash",
      text: "rm?\u0007",
      callId: "open",
    };
    expect(fold([openCall(2 * minute), asked]).waiting).toMatchObject({ for: "permission", text: "rm?" });
    expect(
      fold([
        openCall(2 * minute),
        asked,
        { type: "call_ended", at: now, callId: "open", outcome: "neutral", output: null },
      ]).waiting,
    ).toBeNull();
  });

  it("keeps the latest time when records stand out of order", () => {
    const activity = fold([
      { type: "active", at: now, line: 1 },
      { type: "active", at: now - minute, line: 2 },
    ]);
    expect(activity).toMatchObject({ lastActivityAt: now, lastLine: 1, startedAt: now - minute });
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
