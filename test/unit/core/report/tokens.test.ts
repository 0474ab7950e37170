import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { fullContext, inThousands, sumTokens } from "../../../../src/core/report/tokens.ts";
import { now } from "../../../support/sample-clock.ts";
import { sampleStream } from "../../../support/sample-stream.ts";

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

describe("the tokens of a task", () => {
  it("count an answer once that is written again while it grows", () => {
    const stream = session("s", used("a", 100, 1), used("a", 100, 40), used("b", 150, 5));
    expect(sumTokens([stream])).toMatchObject({ input: 250, output: 45, context: 150 });
  });

  it("are the last total where an agent writes totals", () => {
    const total = { isTotal: true, window: 1_000 };
    const stream = session("s", used(null, 100, 10, total), used(null, 300, 20, { ...total, context: 950 }));
    expect(sumTokens([stream])).toMatchObject({ input: 300, output: 20, context: 950, window: 1_000 });
  });

  it("hold those of sub-agents, and a session's log and transcript once", () => {
    const [own, log, child] = [
      session("s", used("a", 100, 10), used("b", 120, 10)),
      session("s", used("a", 100, 10)),
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

  it("are not known where no agent wrote any", () => {
    expect(sumTokens([session("s")])).toBeNull();
  });
});

it("says that a context is nearly full, only where the window is known", () => {
  const tokens = { input: 1, output: 1, costUsd: null };
  expect(fullContext({ ...tokens, context: 181_000, window: 200_000 })).toBe(
    "context 181k of 200k tokens (90%)",
  );
  expect(fullContext({ ...tokens, context: 170_000, window: 200_000 })).toBeNull();
  expect(fullContext({ ...tokens, context: 181_000, window: null })).toBeNull();
  expect([999, 1_499, 999_499, 1_240_000].map(inThousands)).toEqual(["999", "1k", "999k", "1.2M"]);
});
