import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { fullContext, inThousands, sumTokens, tokensOf } from "../../../../src/core/report/tokens.ts";
import { runsOf } from "../../../support/recorded-runs.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active } from "../../../support/sample-events.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { factsOf, sampleReading } from "../../../support/sample-task.ts";

const used = (id: string | null, input: number, output: number, more: object = {}): AgentEvent => ({
  type: "usage",
  at: now,
  id,
  input,
  output,
  context: input,
  window: null,
  costUsd: null,
  ...more,
});
const session = (sessionId: string, ...events: readonly AgentEvent[]) =>
  sampleStream(`key of ${sessionId} ${events.length}`, { identity: { sessionId }, events });

describe("the tokens of streams", () => {
  it("count an answer once that is written again while it grows", () => {
    const stream = session("s", used("a", 100, 1), used("a", 100, 40), used("b", 150, 5));
    expect(sumTokens([stream])).toMatchObject({ input: 250, output: 45, context: 150 });
  });

  it("keep the larger numbers of an answer that is written again with less", () => {
    const stream = session("s", used("a", 100, 40, { costUsd: 0.5 }), used("a", 0, 0, { costUsd: 0 }));
    expect(sumTokens([stream])).toMatchObject({ input: 100, output: 40 });
  });

  it("are the last total where an agent writes totals", () => {
    const total = { isTotal: true, window: 1_000 };
    const stream = session("s", used(null, 100, 10, total), used(null, 300, 20, { ...total, context: 950 }));
    expect(sumTokens([stream])).toMatchObject({ input: 300, output: 20, context: 950, window: 1_000 });
  });

  it("hold those of sub-agents, and a session's log and transcript once", () => {
    const [own, log, child] = [
      session("s", used("a", 100, 10), used("b", 120, 10)),
      session("s", used("a", 100, 10), used("of sub-agent", 900, 90)),
      session("child", used("c", 7, 3, { costUsd: 0.25 })),
    ];
    expect(sumTokens([own, log, child])).toEqual({
      input: 227,
      output: 23,
      context: 120,
      window: null,
      costUsd: 0.25,
    });
  });

  it("hold once what a fork has of its origin: its first answer is the same", () => {
    const origin = session("s", used("a", 100, 10), used("b", 120, 10));
    const fork = session("fork", used("a", 100, 10), used("b", 120, 10), used("c", 130, 5));
    const other = session("other", used("d", 7, 3));
    const sum = { input: 357, output: 28 };
    expect(sumTokens([fork, origin, other])).toMatchObject(sum);
    expect(sumTokens([origin, other, fork])).toMatchObject(sum);
  });

  it("are not known where no agent wrote any", () => {
    expect(sumTokens([session("s")])).toBeNull();
  });
});

describe("the tokens of a task", () => {
  const child = (key: string, parentKey: string, given: object = {}) => ({
    ...session(key, used(key, 1_000, 100)),
    key,
    parentKey,
    ...given,
  });
  const tokens = (task: Partial<Task>) => tokensOf(factsOf(task));

  it("hold earlier sessions of its worktree with their sub-agents, and the context of the current one", () => {
    const [current, before] = [session("new", used("b", 50, 5)), session("old", used("a", 100, 10))];
    const attemptChildren = [child("c", before.key)];
    expect(tokens({ streams: [current], attempts: [before], attemptChildren })).toMatchObject({
      input: 1_150,
      output: 115,
      context: 50,
    });
  });

  it("hold no session that was over before the task began", () => {
    const before = session("old", used("a", 100, 10), active(3 * hour));
    const current = session("new", used("b", 50, 5), active(minute));
    const status = sampleReading("a", { createdAt: now - hour });
    expect(tokens({ status, streams: [current], attempts: [before] })).toMatchObject({ input: 50 });
  });

  it("leave a sub-agent that has a row of its own, and all below it, to that row", () => {
    const own = session("s", used("a", 100, 10));
    const isolated = child("isolated", own.key, { role: "task" });
    const children = [isolated, child("below", "isolated"), child("helper", own.key)];
    expect(tokens({ streams: [own], children })).toMatchObject({ input: 1_100, output: 110 });
  });

  it("are those since its end on record where the same session goes on", () => {
    const events: AgentEvent[] = [];
    const turn = (index: number, input: number): Partial<Task> => {
      const at = now + index * 4 * minute - 30_000;
      events.push({ type: "user_message", at });
      events.push({ ...used(`turn ${index}`, input, 1, { costUsd: input / 100 }), at });
      events.push({ type: "turn_ended", at, outcome: "success", message: null });
      return { streams: [sampleStream("t", { identity: { sessionId: "s" }, events: [...events] })] };
    };
    const turns = [turn(0, 100), turn(1, 20), turn(2, 3)];
    const ends = runsOf(turns)
      .flat()
      .flatMap((event) => (event.type === "agentmonitor.task.finished.v1" ? event.data : []));
    expect(ends.map(({ tokens, cost_usd }) => [tokens, cost_usd])).toEqual([
      [{ input: 100, output: 1 }, 1],
      [{ input: 20, output: 1 }, expect.closeTo(0.2)],
      [{ input: 3, output: 1 }, expect.closeTo(0.03)],
    ]);
  });
});

it("says that a context is nearly full, only where the window is known", () => {
  const tokens = { input: 1, output: 1, costUsd: null };
  expect(fullContext({ ...tokens, context: 181_000, window: 200_000 })).toBe(
    "context 181k of 200k tokens (90%)",
  );
  expect(fullContext({ ...tokens, context: 180_000, window: 200_000 })).toBeNull();
  expect(fullContext({ ...tokens, context: 170_000, window: 200_000 })).toBeNull();
  expect(fullContext({ ...tokens, context: 181_000, window: null })).toBeNull();
  expect([999, 1_499, 999_499, 1_240_000].map(inThousands)).toEqual(["999", "1k", "999k", "1.2M"]);
});
