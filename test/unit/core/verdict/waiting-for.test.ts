import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { findingMessage } from "../../../../src/core/verdict/words.ts";
import { hour, minute, now, second } from "../../../support/sample-clock.ts";
import { alive, gone, sampleStream, unseen } from "../../../support/sample-stream.ts";
import { assessNow } from "../../../support/sample-task.ts";

const session = (events: readonly AgentEvent[], given: Partial<Stream> = {}) =>
  assessNow({ streams: [sampleStream("t", { role: "task", liveness: alive, events, ...given })] });
const says = (events: readonly AgentEvent[], given: Partial<Stream> = {}) => {
  const { health, verdict, facts } = session(events, given);
  return [health, verdict.finding.code, verdict.basis, findingMessage(verdict.finding, facts)];
};
const opened = (tool: string, agoMs: number, mayAsk: boolean | null): AgentEvent => ({
  type: "call_started",
  at: now - agoMs,
  callId: "c",
  tool,
  input: { raw: { path: "src/a.ts" } },
  mayAsk,
});

describe("a turn that a person stopped", () => {
  const stopped: AgentEvent[] = [
    { type: "active", at: now - 5 * minute },
    { type: "turn_ended", at: now - 4 * minute, outcome: "cancelled", message: "interrupted" },
  ];

  it.each([
    ["waits at the prompt of the session that lives on", { isInteractive: true }, "waiting_prompt"],
    ["is the end where its session was closed", { isInteractive: true, liveness: gone }, "cancelled"],
    ["is the end where nobody knows of its process", { isInteractive: true, liveness: unseen }, "cancelled"],
    ["is the end of a run without a prompt", { isInteractive: false }, "cancelled"],
  ])("%s", (_, given, code) => {
    expect(session(stopped, given).verdict.finding.code).toBe(code);
  });
});

describe("a call that somebody may have to allow", () => {
  const asks = ["waiting", "waiting_permission", "inferred", "may wait for your approval: exec_command"];

  it("waits for them when it is open for two minutes", () => {
    expect(says([opened("exec_command", 2 * minute, true)])).toEqual(asks);
    expect(says([opened("exec_command", 2 * minute, true)], { liveness: unseen })).toEqual(asks);
    expect(says([opened("exec_command", 2 * minute - 1, true)])[0]).toBe("healthy");
  });

  it("runs as long as its output goes on", () => {
    const output: AgentEvent = { type: "active", at: now - minute };
    expect(says([opened("exec_command", hour, true), output])[0]).toBe("healthy");
  });

  it("waits for nobody when the process is gone", () => {
    expect(says([opened("exec_command", 2 * minute, true)], { liveness: gone })[1]).toBe("process_gone");
  });
});

describe("a file tool that is open for minutes", () => {
  const edit = (agoMs: number, mayAsk: boolean | null) => [opened("edit", agoMs, mayAsk)];

  it("waits for a permission in a person's session, as far as its records do not deny it", () => {
    expect(says(edit(5 * minute, null), { isInteractive: true })[1]).toBe("waiting_permission");
    expect(says(edit(5 * minute, false), { isInteractive: true })[0]).toBe("healthy");
    expect(says(edit(5 * minute, null))[0]).toBe("healthy");
  });

  it("is stuck after the silence of a session in which nothing runs", () => {
    expect(says(edit(15 * minute - 1, null))[0]).toBe("healthy");
    expect(says(edit(15 * minute, null))[1]).toBe("no_activity");
  });
});

describe("a session that was opened and asked nothing", () => {
  const openedAt: AgentEvent = { type: "active", at: now - hour };

  it("waits for its first prompt, from then on", () => {
    const first = ["waiting", "waiting_prompt", "observed", "waiting for its first prompt"];
    expect(says([openedAt], { isInteractive: true })).toEqual(first);
  });

  it("waits no more once it was asked, and never where nobody sits at it", () => {
    const prompt: AgentEvent = { type: "user_message", at: now - second };
    expect(says([openedAt, prompt], { isInteractive: true })[0]).toBe("healthy");
    const turn: AgentEvent = { type: "turn_started", at: now - second };
    expect(says([openedAt, turn], { isInteractive: true })[0]).toBe("healthy");
    expect(says([openedAt], { isInteractive: true, stirredAt: now - second })[0]).not.toBe("waiting");
    expect(says([openedAt], { isInteractive: false })[0]).toBe("stuck");
    expect(says([openedAt], { isInteractive: true, liveness: gone })[1]).toBe("process_gone");
  });
});

describe("a session that asked with its last words", () => {
  it("waits for somebody, whether its process lives or not", () => {
    const end: AgentEvent = { type: "turn_ended", at: now - minute, outcome: "success", message: null };
    const ask: AgentEvent = { type: "asked", at: now - minute, for: "other", tool: null, text: "stuck" };
    expect(says([end, ask])[3]).toBe("waits for somebody: stuck");
    expect(says([end, ask], { liveness: gone })[3]).toBe("waits for somebody: stuck");
  });
});

describe("a session at its usage limit", () => {
  const ended = (message: string, agoMs = hour): AgentEvent => ({
    type: "turn_ended",
    at: now - agoMs,
    outcome: "failure",
    message,
  });

  it("waits until its time while its process lives", () => {
    const [health, code, basis, message] = says([ended("You've hit your usage limit. Try again in 2 days.")]);
    expect([health, code, basis]).toEqual(["waiting", "waiting_usage_limit", "observed"]);
    expect(message).toMatch(/^usage limit, until \d{4}-\d{2}-\d{2} \d{2}:\d{2}$/);
  });

  it("says when the limit is over and nobody went on", () => {
    expect(says([ended("You've hit your usage limit. Try again in 10 minutes.")])[3]).toMatch(
      /^usage limit, over since \d{2}:\d{2}$/,
    );
  });

  it.each([gone, unseen])("has failed where no process can go on: $state", (liveness) => {
    expect(says([ended("You've hit your usage limit.")], { liveness })[1]).toBe("turn_failed");
  });

  it("is sat out by the claimed process, where nothing else is known, until it has passed", () => {
    const held = (message: string) =>
      assessNow({
        process: alive,
        streams: [sampleStream("t", { role: "task", liveness: null, events: [ended(message)] })],
      }).verdict.finding.code;
    expect(held("You've hit your usage limit. Try again in 2 days.")).toBe("waiting_usage_limit");
    expect(held("You've hit your usage limit. Try again in 10 minutes.")).toBe("turn_failed");
    expect(held("500 Internal Server Error")).toBe("turn_failed");
  });

  it("has failed with any other error, and is at work when it went on", () => {
    expect(says([ended("500 Internal Server Error")])[1]).toBe("turn_failed");
    const prompt: AgentEvent = { type: "user_message", at: now - second };
    expect(says([ended("You've hit your usage limit."), prompt])[0]).toBe("healthy");
  });
});

describe("several living sessions in one worktree", () => {
  const fails = (count: number) =>
    Array.from({ length: count }, (_, index): AgentEvent => {
      const callId = `f${index}`;
      return { type: "call_ended", at: now - second, callId, tool: "bash", outcome: "failed", output: null };
    });
  const living = (key: string, events: readonly AgentEvent[], given: Partial<Stream> = {}) =>
    sampleStream(key, { role: "task", liveness: alive, events, ...given });
  const active: AgentEvent = { type: "active", at: now - second };
  const beside = (...attempts: readonly Stream[]) =>
    assessNow({ streams: [living("t", [active])], attempts });

  it("are told by the one in trouble", () => {
    const { health, facts, besides } = beside(living("u", fails(3)));
    expect([health, facts.current?.key, besides]).toEqual(["struggling", "u", ["healthy"]]);
  });

  it("are counted where none is", () => {
    expect(beside(living("u", [active]))).toMatchObject({ health: "healthy", besides: ["healthy"] });
  });

  it("are told by the one that works beside one at its prompt", () => {
    const end: AgentEvent = { type: "turn_ended", at: now - second, outcome: "success", message: null };
    const atPrompt = living("u", [end], { isInteractive: true });
    expect(beside(atPrompt)).toMatchObject({ health: "healthy", besides: ["waiting"] });
  });

  it("are none when they ended, or nothing shows that they live", () => {
    const unseenOne = living("u", fails(3), { liveness: unseen });
    expect(beside(unseenOne, living("v", fails(3), { liveness: gone })).besides).toEqual([]);
  });
});

describe("the name of a row", () => {
  it("is the first line of the first prompt where its session has no title", () => {
    const asked = (text: string): AgentEvent => ({ type: "user_message", at: now - minute, text });
    const { activity } = sampleStream("t", {
      events: [asked(" \nFix the parser\nIt loops."), asked("Go on")],
    });
    expect(activity.firstPrompt).toBe("Fix the parser");
  });
});

it("calls no session cancelled at whose prompt the person still sits", () => {
  const events: readonly AgentEvent[] = [
    { type: "user_message", at: now - minute },
    { type: "turn_ended", at: now - second, outcome: "cancelled", message: "interrupted by a person" },
  ];
  const at = now - second;
  const waiting = {
    for: "prompt",
    at,
    line: null,
    tool: null,
    text: null,
    callId: null,
    untilAt: null,
  } as const;
  expect(says(events, { waiting })[0]).toBe("waiting");
  expect(says(events, { waiting: null })[0]).toBe("cancelled");
});
