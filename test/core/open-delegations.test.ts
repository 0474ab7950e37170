import { describe, expect, it } from "vitest";
import type { Delegation } from "../../src/core/delegation.ts";
import { openDelegations } from "../../src/core/open-delegations.ts";
import { hour, now, root, sampleDelegation, sampleReading, sampleStream } from "./sample-task.ts";

const endedBefore = now - hour;
type Around = Omit<Parameters<typeof openDelegations>[1], "endedBefore" | "resolveWorktree">;
const keptOf = (delegations: readonly Delegation[], around: Partial<Around> = {}) =>
  openDelegations(delegations, {
    readings: [],
    streams: [],
    resolveWorktree: (written) => (written === "nowhere" ? null : `${root}/.worktrees/${written}`),
    endedBefore,
    ...around,
  }).map(({ requestId }) => requestId);

type Given = NonNullable<Parameters<typeof sampleDelegation>[0]>;
const old = (requestId: string, given: Given = {}) =>
  sampleDelegation({ requestId, request: { at: now - 9 * hour }, result: { at: now - 8 * hour }, ...given });
const fresh = (requestId: string, given: Given = {}) => sampleDelegation({ requestId, ...given });

describe("openDelegations", () => {
  it.each([
    ["open ones", [fresh("r1")], ["r1"]],
    ["one that ended just then", [old("r1", { result: { at: endedBefore } })], ["r1"]],
    ["none that ended before", [old("r1", { result: { at: endedBefore - 1 } })], []],
    ["one that ended nobody knows when", [old("r1", { request: null, result: { at: null } })], ["r1"]],
    [
      "an old one of the task of an open one",
      [old("r1", { taskId: "bg_1" }), fresh("r2", { taskId: "bg_1" })],
      ["r1", "r2"],
    ],
    [
      "an old one of the session of an open one",
      [old("r1", { sessionId: "s" }), fresh("r2", { sessionId: "s" })],
      ["r1", "r2"],
    ],
    [
      "an old one of the worktree of an open one",
      [old("r1", { worktree: "a" }), fresh("r2", { worktree: "a" })],
      ["r1", "r2"],
    ],
    ["no old one of another task", [old("r1", { taskId: "bg_1" }), fresh("r2", { taskId: "bg_2" })], ["r2"]],
    [
      "no old one whose session has the name of another's task",
      [old("r1", { sessionId: "x" }), fresh("r2", { taskId: "x" })],
      ["r2"],
    ],
    [
      "old ones that hang together along several ids",
      [
        old("r1", { taskId: "bg_1" }),
        old("r2", { taskId: "bg_1", sessionId: "s" }),
        fresh("r3", { sessionId: "s" }),
      ],
      ["r1", "r2", "r3"],
    ],
    [
      "old ones in their order",
      [fresh("r1", { taskId: "bg_1" }), old("r2", { taskId: "bg_1" })],
      ["r1", "r2"],
    ],
  ])("keeps %s", (_, delegations, kept) => {
    expect(keptOf(delegations)).toEqual(kept);
  });

  it.each<[string, Given, Partial<Around>, boolean]>([
    ["a claim's task", { taskId: "bg_1" }, { readings: [sampleReading("a", { taskId: "bg_1" })] }, true],
    ["a claim's request", {}, { readings: [sampleReading("a", { requestId: "r1" })] }, true],
    ["a claim's session", { sessionId: "s" }, { readings: [sampleReading("a", { sessionId: "s" })] }, true],
    ["a claim's worktree", { worktree: "a" }, { readings: [sampleReading("a")] }, true],
    [
      "the worktree of a claim that cannot be read",
      { worktree: "a" },
      { readings: [{ ...sampleReading("a"), status: null }] },
      true,
    ],
    ["another claim's worktree", { worktree: "b" }, { readings: [sampleReading("a")] }, false],
    [
      "a stream's task",
      { taskId: "bg_1" },
      { streams: [sampleStream("t", { identity: { taskId: "bg_1" } })] },
      true,
    ],
    [
      "a stream's session",
      { sessionId: "s" },
      { streams: [sampleStream("t", { identity: { sessionId: "s" } })] },
      true,
    ],
    [
      "a stream's worktree",
      { worktree: "a" },
      { streams: [sampleStream("t", { identity: { worktree: `${root}/.worktrees/a` } })] },
      true,
    ],
    ["nothing of a stream without a name", { taskId: null }, { streams: [sampleStream("t")] }, false],
  ])("keeps an old one that shares %s, or not", (_, given, around, isKept) => {
    expect(keptOf([old("r1", given)], around)).toEqual(isKept ? ["r1"] : []);
  });

  it("keeps no old one for sharing a worktree that nobody can find with a stream that has none", () => {
    const nowhere = old("r1", { worktree: "nowhere" });

    expect(keptOf([nowhere], { streams: [sampleStream("t")] })).toEqual([]);
  });

  it("asks where a worktree is once", () => {
    const asked: string[] = [];
    const resolveWorktree = (written: string) => {
      asked.push(written);
      return `${root}/${written}`;
    };
    const delegations = ["r1", "r2", "r3"].map((requestId) => old(requestId, { worktree: "a" }));
    openDelegations(delegations, {
      readings: [sampleReading("b")],
      streams: [],
      resolveWorktree,
      endedBefore,
    });

    expect(asked).toEqual(["a"]);
  });
});
