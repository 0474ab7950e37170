import { basename, dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delegation } from "../../../../src/core/claims/delegation.ts";
import type { StatusReading, TaskStatus } from "../../../../src/core/claims/task-status.ts";
import { openRecords } from "../../../../src/core/join/drop-ended.ts";
import { type Found, joinTasks } from "../../../../src/core/join/task.ts";
import { isReported } from "../../../../src/core/report/retention.ts";
import type { Problem } from "../../../../src/core/text/problem.ts";
import { assess } from "../../../../src/core/verdict/health.ts";
import { hour, now } from "../../../support/sample-clock.ts";
import { alive, gone, sampleStream, unseen } from "../../../support/sample-stream.ts";
import { options, root, sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

const endedBefore = now - hour;
const nothing: Found = {
  readings: [],
  delegations: [],
  streams: [],
  processes: new Map(),
  resolveWorktree: (written) => (written === "nowhere" ? null : `${root}/.worktrees/${written}`),
};
const keptOf = (delegations: readonly Delegation[], around: Partial<Found> = {}) =>
  openRecords({ ...nothing, ...around, delegations }, endedBefore).delegations.map(
    ({ requestId }) => requestId,
  );
const claimsKept = (readings: readonly StatusReading[], around: Partial<Found> = {}) =>
  openRecords({ ...nothing, ...around, readings }, endedBefore).readings.map(({ path }) =>
    basename(dirname(path)),
  );

type Given = NonNullable<Parameters<typeof sampleDelegation>[0]>;
const old = (requestId: string, given: Given = {}) =>
  sampleDelegation({ requestId, request: { at: now - 9 * hour }, result: { at: now - 8 * hour }, ...given });
const fresh = (requestId: string, given: Given = {}) => sampleDelegation({ requestId, ...given });

const problem: Problem = {
  code: "wrong_type",
  path: "a",
  line: null,
  column: null,
  message: "must be a string",
};

const id = (prefix: string) =>
  fc.option(
    fc.constantFrom("1", "2", "3").map((n) => prefix + n),
    { freq: 2 },
  );
const at = fc.constantFrom(now - 80 * hour, endedBefore - 1, endedBefore, now - hour / 2);
const name = fc.constantFrom("a", "b", "c");
/** A few of everything, much of it old, that share ids in many ways. */
const anything: fc.Arbitrary<Found> = fc.record({
  readings: fc.uniqueArray(
    fc
      .record({
        status: fc.constantFrom("running" as const, "completed" as const, "failed" as const),
        createdAt: at,
        updatedAt: fc.option(at, { freq: 5 }),
        taskId: id("bg_"),
        requestId: id("r"),
        sessionId: id("s"),
        name,
      })
      .map(({ name: folder, ...claim }) => sampleReading(folder, claim)),
    { selector: ({ path }) => path },
  ),
  delegations: fc.array(
    fc
      .record({
        requestId: fc.constantFrom("r1", "r2", "r3"),
        taskId: id("bg_"),
        sessionId: id("s"),
        worktree: fc.option(name),
        result: fc.option(fc.record({ at, status: fc.constantFrom("success" as const, "failure" as const) })),
      })
      .map((given) => sampleDelegation({ ...given, request: { at: now - 90 * hour } })),
    { maxLength: 4 },
  ),
  streams: fc.array(
    fc
      .record({ taskId: id("bg_"), sessionId: id("s"), worktree: fc.option(name) })
      .map(({ worktree, ...ids }) =>
        sampleStream("t", {
          identity: { ...ids, worktree: worktree === null ? null : `${root}/.worktrees/${worktree}` },
          events: [{ type: "active", at: now - 70 * hour, line: null }],
        }),
      ),
    { maxLength: 1 },
  ),
  processes: fc
    .constantFrom(null, gone, alive, unseen)
    .map((fact) => new Map(fact === null ? [] : [[".worktrees/a/status.json", fact]])),
  resolveWorktree: fc.constant(nothing.resolveWorktree),
});

describe("openRecords", () => {
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

  it.each<[string, Given, Partial<Found>, boolean]>([
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
    openRecords({ ...nothing, delegations, readings: [sampleReading("b")], resolveWorktree }, endedBefore);

    expect(asked).toEqual(["a"]);
  });

  const over = (name: string, claim: Partial<TaskStatus> = {}) =>
    sampleReading(name, {
      status: "completed",
      createdAt: now - 8 * hour,
      updatedAt: now - 8 * hour,
      ...claim,
    });

  it.each<readonly [string, readonly StatusReading[], Partial<Found>, readonly string[]]>([
    ["one that runs", [sampleReading("a")], {}, ["a"]],
    ["none that ended before", [over("a")], {}, []],
    ["one that ended just then", [over("a", { updatedAt: endedBefore })], {}, ["a"]],
    [
      "one whose time is odd",
      [{ ...over("a"), problems: [{ ...problem, code: "implausible_time" }] }],
      {},
      ["a"],
    ],
    ["none for another odd key", [{ ...over("a"), problems: [problem] }], {}, []],
    ["one whose process lives", [over("a")], { processes: new Map([[over("a").path, alive]]) }, ["a"]],
    ["one whose process may live", [over("a")], { processes: new Map([[over("a").path, unseen]]) }, ["a"]],
    ["none whose process is gone", [over("a")], { processes: new Map([[over("a").path, gone]]) }, []],
    [
      "one of the task of an open delegation",
      [over("a", { taskId: "bg_1" }), over("b")],
      { delegations: [fresh("r1", { taskId: "bg_1" })] },
      ["a"],
    ],
    [
      "one of the worktree of a session",
      [over("a"), over("b")],
      { streams: [sampleStream("t", { identity: { worktree: `${root}/.worktrees/a` } })] },
      ["a"],
    ],
    [
      "one that an old delegation ties to one that runs",
      [over("a"), sampleReading("b", { taskId: "bg_2" })],
      { delegations: [old("r1", { worktree: "a", taskId: "bg_2" })] },
      ["a", "b"],
    ],
    [
      "none that only an old delegation names",
      [over("a")],
      { delegations: [old("r1", { worktree: "a" })] },
      [],
    ],
  ])("keeps of status files %s", (_, readings, around, kept) => {
    expect(claimsKept(readings, around)).toEqual(kept);
  });

  it("leaves out nothing that is reported", () => {
    fc.assert(
      fc.property(anything, (found) => {
        const rowsOf = (some: Found) =>
          joinTasks(some)
            .tasks.map((task) => assess(task, now, options))
            .filter((assessment) => isReported(assessment, endedBefore))
            .map(({ facts, health, verdict }) => [facts.task.key, health, verdict]);
        expect(rowsOf(openRecords(found, endedBefore))).toEqual(rowsOf(found));
      }),
      { numRuns: 1_000 },
    );
  });
});
