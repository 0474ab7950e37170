import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Activity } from "../../../../src/core/evidence/activity.ts";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../../../src/core/evidence/observe.ts";
import { isTime } from "../../../../src/core/text/time.ts";
import { minute, now } from "../../../support/sample-clock.ts";
import { call, openCall } from "../../../support/sample-events.ts";

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

  it.each([
    ["a millisecond later", now + 1, { ended: null, waiting: null, retries: null }],
    ["at the same time", now, { ended: null, waiting: null, retries: null }],
    [
      "a millisecond before, though it stands behind",
      now - 1,
      { ended: { at: now }, waiting: { at: now }, retries: { at: now } },
    ],
  ])("is taken up by a turn that starts %s", (_, at, expected) => {
    const activity = fold([
      { type: "provider_retry", at: now, message: "overloaded", attempt: null, maxAttempts: null },
      { type: "turn_ended", at: now, outcome: "success", message: null },
      { type: "asked", at: now, for: "question", tool: null, text: null },
      { type: "turn_started", at },
    ]);
    expect(activity).toMatchObject(expected);
  });

  it("counts failed requests since the first, until the agent goes on", () => {
    const retry = (at: number): AgentEvent => ({
      type: "provider_retry",
      at,
      message: "overloaded",
      attempt: 2,
      maxAttempts: 10,
    });
    const retries = [retry(now - minute), retry(now)];
    expect(fold(retries).retries).toEqual({
      at: now,
      line: null,
      startedAt: now - minute,
      count: 2,
      attempt: 2,
      maxAttempts: 10,
      nextAt: null,
      message: "overloaded",
    });
    expect(fold([...retries, openCall(0)]).retries).toBeNull();
    expect(fold([...retries, { type: "said", at: now, text: "on it" }]).retries).toBeNull();
  });

  it("does not wait any more once the turn ended or the answer came", () => {
    const asked: AgentEvent = { type: "asked", at: now, for: "question", tool: "ask", text: null };
    expect(fold([asked]).waiting).toEqual({
      for: "question",
      tool: "ask",
      text: null,
      callId: null,
      at: now,
      line: null,
      untilAt: null,
    });
    expect(fold([asked, { type: "answered", at: now }]).waiting).toBeNull();
    expect(
      fold([asked, { type: "turn_ended", at: now, outcome: "success", message: null }]).waiting,
    ).toBeNull();
  });

  it("keeps the last plan with its step", () => {
    const plan = (done: number, step: string | null): AgentEvent => ({
      type: "plan_changed",
      at: now,
      line: 4,
      done,
      total: 3,
      step,
    });
    expect(fold([plan(1, "write"), plan(2, "test")]).plan).toEqual({
      at: now,
      line: 4,
      done: 2,
      total: 3,
      step: "test",
    });
    expect(fold([plan(1, null)]).plan?.step).toBeNull();
  });

  it("takes an answer with nothing in it for no sign of work", () => {
    const activity = fold([
      { type: "active", at: now },
      { type: "empty_answer", at: now + 60_000 },
    ]);
    expect([activity.lastActivityAt, activity.monologue.empty]).toEqual([now, 1]);
  });

  it("keeps how a turn ended, and the agent's last words", () => {
    const end = (answer?: string | null): AgentEvent => ({
      type: "turn_ended",
      at: now,
      outcome: "failure",
      message: "output limit",
      ...(answer === undefined ? {} : { answer }),
    });
    expect(fold([end("All done.")]).ended).toEqual({
      at: now,
      line: null,
      outcome: "failure",
      message: "output limit",
      answer: "All done.",
      isEmpty: false,
    });
    expect([fold([end()]).ended?.answer, fold([end(null)]).ended?.answer]).toEqual([null, null]);
  });

  it("keeps each child once, with its end, and the latest 64", () => {
    const started = (id: number, at = now): AgentEvent => ({
      type: "child_started",
      at,
      childId: `c${id}`,
      kind: "agent",
      title: "Search",
    });
    const ended: AgentEvent = { type: "child_ended", at: now + 1, childId: "c1", outcome: "success" };
    const child = { kind: "agent", title: "Search", startedAt: now, endedAt: null, outcome: null };

    expect(fold([started(1), started(2), started(1, now + 5), ended]).children).toEqual([
      { ...child, id: "c1", endedAt: now + 1, outcome: "success" },
      { ...child, id: "c2" },
    ]);
    const many = fold(Array.from({ length: 65 }, (_, id) => started(id))).children;
    expect([many.length, many[0]?.id]).toEqual([64, "c1"]);
  });

  it("keeps the tool names of the first 8 that fail", () => {
    const failures = Array.from({ length: 10 }, (_, n) =>
      call((20 - n) * minute, "failed", { tool: `tool${n}` }),
    );
    const { tools, count } = fold([...failures.flat(), ...call(0, "failed", { tool: "tool7" })]).failures;
    expect([count, tools.length, tools[7]]).toEqual([11, 8, ["tool7", 2]]);
  });

  it("neither counts a failed plan nor lets a plan end a run of failures", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      ...call(2 * minute, "ok", { tool: "todowrite" }),
      ...call(minute, "failed", { tool: "todowrite" }),
    ]);
    expect(activity.failures.count).toBe(1);
    expect(activity.lastSuccessAt).toBeNull();
  });

  it("keeps the line of what was seen last at one moment", () => {
    const activity = fold([
      { type: "active", at: now, line: 1 },
      { type: "active", at: now, line: 2 },
      { type: "active", at: now - 1, line: 3 },
    ]);
    expect(activity.lastLine).toBe(2);
  });

  it.each([
    ["60 letters", 60, 60],
    ["61 letters", 61, 60],
  ])("keeps of a tool's name %s", (_, length, kept) => {
    const tool = "x".repeat(length);
    const asked: AgentEvent = { type: "asked", at: now, for: "permission", tool, text: null };
    const unseen: AgentEvent = {
      type: "call_ended",
      at: now,
      callId: "u",
      tool,
      outcome: "ok",
      output: null,
    };
    const open: AgentEvent = { type: "call_started", at: now, callId: "o", tool, input: { raw: null } };
    const activity = fold([unseen, open, asked]);
    expect(
      [activity.waiting?.tool, activity.lastCall?.tool, activity.openCalls[0]?.tool].map(
        (name) => name?.length,
      ),
    ).toEqual([kept, kept, kept]);
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

it("stays within what can be written as a time, whatever an event says", () => {
  const { startedAt, lastActivityAt } = fold([1e308, -5, Number.NaN].map((at) => ({ type: "active", at })));
  expect([startedAt, lastActivityAt].every((at) => at !== null && isTime(at))).toBe(true);
});

it("knows a call by an id that holds a secret, and keeps no secret", () => {
  const activity = emptyActivity();
  const callId = "call sk-ant-api03-Qm9ndXMta2V5LW5vdC1yZWFs-AA";
  observe(activity, { type: "call_started", at: 1, callId, tool: "bash", input: { raw: null } });
  observe(activity, { type: "asked", at: 1, for: "permission", tool: "bash", text: null, callId });
  expect(activity.openCalls).toHaveLength(1);
  observe(activity, { type: "call_ended", at: 2, callId, outcome: "ok", output: null });
  expect([activity.openCalls, activity.waiting, activity.callCount]).toEqual([[], null, 1]);
  expect(JSON.stringify(activity)).not.toContain("Qm9ndXM");
});
