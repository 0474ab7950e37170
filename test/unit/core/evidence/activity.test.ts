import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../../../src/core/evidence/observe.ts";
import { fold } from "../../../support/fold-calls.ts";
import { minute, now } from "../../../support/sample-clock.ts";
import { call, openCall } from "../../../support/sample-events.ts";

describe("observe", () => {
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
