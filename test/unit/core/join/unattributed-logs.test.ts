import { describe, expect, it } from "vitest";
import type { Found } from "../../../../src/core/join/task.ts";
import { join } from "../../../support/joined.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

type GivenStream = NonNullable<Parameters<typeof sampleStream>[1]>;

describe("a log that names only an agent", () => {
  const challenge = (given: GivenStream = {}) =>
    sampleStream("challenge", { source: "agent_logs", agentName: "explore", ...given });
  const open = sampleReading("a", { agent: "explore" });

  it.each<[string, Partial<Found>, boolean]>([
    ["an open claim", { readings: [open] }, true],
    [
      "an open claim with a session",
      {
        readings: [sampleReading("a", { agent: "explore", sessionId: "s" })],
        streams: [sampleStream("t", { identity: { sessionId: "s" } })],
      },
      true,
    ],
    [
      "a claim of a timeout",
      { readings: [sampleReading("a", { agent: "explore", status: "timeout" })] },
      false,
    ],
    [
      "a claim of a failure",
      { readings: [sampleReading("a", { agent: "explore", status: "failed" })] },
      false,
    ],
    ["a request with a result", { delegations: [sampleDelegation({ result: {} })] }, false],
    ["an open request", { delegations: [sampleDelegation()] }, true],
    [
      "an open claim under a result",
      {
        readings: [sampleReading("a", { agent: "explore", requestId: "req-1" })],
        delegations: [sampleDelegation({ result: {} })],
      },
      false,
    ],
    ["a claim of a session", { streams: [sampleStream("t", { role: "task", agentName: "explore" })] }, false],
  ])("belongs to %s or not", (_, found, belongs) => {
    const { unattributed } = join({ ...found, streams: [...(found.streams ?? []), challenge()] });
    expect(unattributed.length).toBe(belongs ? 0 : 1);
  });

  it.each<[string, GivenStream]>([
    ["a task", { identity: { taskId: "bg_9" } }],
    ["a request", { identity: { requestId: "r9" } }],
    ["a session", { identity: { sessionId: "s9" } }],
    ["a worktree", { identity: { worktree: "/elsewhere" } }],
    ["no open task's agent", { agentName: "writer" }],
  ])("is not guessed at where it names %s", (_, given) => {
    expect(join({ readings: [open], streams: [challenge(given)] }).unattributed).toHaveLength(1);
  });

  it("is not guessed at where it names nothing at all", () => {
    const nameless = sampleStream("challenge", { source: "agent_logs" });
    expect(join({ readings: [open], streams: [nameless] }).unattributed).toEqual([nameless]);
  });
});
