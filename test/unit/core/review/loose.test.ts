import { describe, expect, it } from "vitest";
import type { Delegation } from "../../../../src/core/claims/delegation.ts";
import type { HealthChangedEvent, RunEvent } from "../../../../src/core/log/event.ts";
import { collectEnds } from "../../../../src/core/review/ends.ts";
import { looksOf } from "../../../../src/core/review/looks.ts";
import { findPatterns } from "../../../../src/core/review/patterns.ts";
import type { Spell } from "../../../../src/core/review/spells.ts";
import { findLoose } from "../../../../src/core/review/without-end.ts";
import { changed, finished, monday, ran } from "../../../support/recorded.ts";
import { hour, minute } from "../../../support/sample-clock.ts";
import { sampleDelegation } from "../../../support/sample-task.ts";

const window = { from: monday, to: monday + hour };
const at = (minutes: number) => monday + minutes * minute;
type Given = {
  readonly runs?: readonly RunEvent[];
  readonly changes?: readonly HealthChangedEvent[];
  readonly delegations?: readonly Delegation[];
  readonly finished?: ReturnType<typeof finished>[];
};
function looseOf(given: Given) {
  const ends = collectEnds(given.finished ?? [], []);
  const looks = [...looksOf(given.runs ?? []).values()].flat();
  const loose = findLoose(looks, looks, given.changes ?? [], given.delegations ?? [], ends, window);
  return [loose.open.map(({ subject }) => subject), loose.unknown.map(({ subject }) => subject)];
}
const requested = (minutes: number, given: NonNullable<Parameters<typeof sampleDelegation>[0]> = {}) =>
  sampleDelegation({ request: { at: at(minutes) }, ...given });

describe("work without an end", () => {
  it.each<[string, Given, string[][]]>([
    ["is open while the last run sees it", { runs: [ran(at(0), { a: "healthy/x" })] }, [["a"], []]],
    ["is unknown once no run sees it", { runs: [ran(at(0), { a: "healthy/x" }), ran(at(4))] }, [[], ["a"]]],
    [
      "is unknown once no run sees it, whatever it is called",
      { runs: [ran(at(0), { constructor: "healthy/x" }), ran(at(4))] },
      [[], ["constructor"]],
    ],
    [
      "is none once it ended",
      { runs: [ran(at(0), { a: "healthy/x" }), ran(at(4))], finished: [finished("a", at(4))] },
      [[], []],
    ],
    [
      "is none where it ended at the last look",
      { runs: [ran(at(4), { a: "healthy/x" })], finished: [finished("a", at(4))] },
      [[], []],
    ],
    [
      "is some where it was seen after an end",
      { runs: [ran(at(4), { a: "healthy/x" })], finished: [finished("a", at(3))] },
      [["a"], []],
    ],
    [
      "is some where another one ended",
      { runs: [ran(at(4), { a: "healthy/x" })], finished: [finished("b", at(4))] },
      [["a"], []],
    ],
    [
      "is none where the last look saw its end",
      { runs: [ran(at(0), { a: "completed/x" }), ran(at(4))] },
      [[], []],
    ],
    [
      "is some where nobody knows its health",
      { runs: [ran(at(0), { a: "dreaming/x" }), ran(at(4))] },
      [[], ["a"]],
    ],
    [
      "is of the window only",
      { runs: [ran(at(-1), { a: "healthy/x" }), ran(at(60), { b: "healthy/x" })] },
      [[], []],
    ],
    [
      "is open by a request that no run could see yet",
      { runs: [ran(at(4))], delegations: [requested(4)] },
      [["req-1"], []],
    ],
    [
      "is unknown by a request that no run saw",
      { runs: [ran(at(4))], delegations: [requested(3)] },
      [[], ["req-1"]],
    ],
    [
      "is open by a request where nothing ran",
      { delegations: [requested(3, { taskId: "bg_1" })] },
      [["bg_1"], []],
    ],
    ["is no request with a result", { delegations: [requested(3, { result: {} })] }, [[], []]],
    ["is no request outside the window", { delegations: [requested(-1), requested(60)] }, [[], []]],
    [
      "is no request without a time",
      { delegations: [sampleDelegation({ request: { at: null } })] },
      [[], []],
    ],
    [
      "is no request that runs saw by its id",
      { delegations: [requested(3)], changes: [changed("req-1", at(4))] },
      [[], []],
    ],
    [
      "is no request that runs saw by its task",
      { delegations: [requested(3, { taskId: "bg_1" })], changes: [changed("bg_1", at(4))] },
      [[], []],
    ],
    [
      "is no request that runs saw by its session",
      {
        delegations: [requested(3, { sessionId: "s" })],
        changes: [changed("x", at(4), { session_id: "s" })],
      },
      [[], []],
    ],
    [
      "is no request that runs saw by its worktree",
      {
        delegations: [requested(3, { worktree: "/srv/w/a" })],
        changes: [changed("x", at(4), { worktree: ".worktrees/a" })],
      },
      [[], []],
    ],
    [
      "is a request that shares nothing with what runs saw",
      {
        delegations: [requested(3, { worktree: "/srv/w/b" })],
        changes: [changed("x", at(4), { worktree: ".worktrees/a" })],
      },
      [["req-1"], []],
    ],
  ])("%s", (_, given, loose) => {
    expect(looseOf(given)).toEqual(loose);
  });

  it("tells who worked at it, as the last change says", () => {
    const changes = [
      changed("a", at(0), { agent_name: "old", category: "old" }),
      changed("a", at(1), { agent_name: "build", category: "docs" }),
      changed("b", at(2), { agent_name: "other" }),
    ];
    const runs = [ran(at(4), { a: "healthy/x", b: "healthy/x", c: "healthy/x" })];
    const looks = [...looksOf(runs).values()].flat();
    expect(findLoose(looks, looks, changes, [], [], window).open).toEqual([
      { isOpen: true, subject: "a", agent: "build", category: "docs" },
      { isOpen: true, subject: "b", agent: "other", category: "none" },
      { isOpen: true, subject: "c", agent: "unknown", category: "none" },
    ]);
  });

  it("tells who was asked", () => {
    const asked = [
      requested(3, { requestId: "r1", request: { at: at(3), category: "docs" } }),
      requested(3, { requestId: "r2", request: { at: at(3), subagentType: null } }),
    ];
    expect(findLoose([], [], [], asked, [], window).open).toMatchObject([
      { subject: "r1", agent: "explore", category: "docs" },
      { subject: "r2", agent: "unknown", category: "none" },
    ]);
  });
});

describe("findPatterns", () => {
  const stuck = (count: number, given: Parameters<typeof changed>[2] = {}) =>
    Array.from({ length: count }, (_, index) => changed(`t${index}`, at(index), given));
  const failed = (count: number, given: Parameters<typeof finished>[2] = {}) =>
    collectEnds(
      Array.from({ length: count }, (_, index) =>
        finished(`t${index}`, at(index), { outcome: "failure", reason: "turn_failed", ...given }),
      ),
      [],
    );

  const confirmed = (changes: readonly HealthChangedEvent[]): Spell[] =>
    changes.map(({ subject, data }) => ({
      subject,
      health: data.to,
      isAsked: false,
      from: monday,
      confirmedAt: monday,
      lastAt: monday,
      to: null,
      next: null,
      seenMs: 0,
    }));
  const patternsOf = (changes: readonly HealthChangedEvent[], ends: ReturnType<typeof failed>) =>
    findPatterns(changes, confirmed(changes), ends);

  it("sees none in what no second look confirmed", () => {
    expect(findPatterns(stuck(3), [], [])).toEqual([]);
  });

  it.each([
    [3, false, ["t0", "t1", "t2"]],
    [4, false, ["t0", "t1", "t2", "t3"]],
    [5, true, ["t0", "t1", "t2", "t3", "t4"]],
    [6, true, ["t0", "t1", "t2", "t3", "t4"]],
  ])("sees one in %i tasks, frequent or not: %s", (tasks, is_frequent, examples) => {
    expect(patternsOf(stuck(tasks), [])).toEqual([
      { kind: "reason", value: "no_activity", tasks, is_frequent, examples },
    ]);
  });

  it("sees none in 2 tasks", () => {
    expect(patternsOf(stuck(2), [])).toEqual([]);
  });

  it("counts a task once, however often it was in trouble", () => {
    expect(patternsOf([...stuck(2), ...stuck(2), ...stuck(2)], [])).toEqual([]);
  });

  it.each([
    ["stuck", 1],
    ["struggling", 1],
    ["failed", 1],
    ["waiting", 0],
    ["unknown", 0],
    ["healthy", 0],
  ] as const)("counts what %s tasks have in common or not", (to, count) => {
    expect(patternsOf(stuck(3, { to }), [])).toHaveLength(count);
  });

  it.each([
    ["failure", 1],
    ["timeout", 1],
    ["success", 0],
    ["cancelled", 0],
  ] as const)("counts what ends in %s have in common or not", (outcome, count) => {
    expect(patternsOf([], failed(3, { outcome }))).toHaveLength(count);
  });

  it("tells reasons, errors and tools apart, most tasks first, then by kind and value", () => {
    const changes = [
      ...stuck(3, { reason: "b", error_type: "no_file", tools: ["edit", "bash"] }),
      ...stuck(4, { reason: "a" }),
    ];
    expect(patternsOf(changes, []).map(({ tasks, kind, value }) => [tasks, kind, value])).toEqual([
      [4, "reason", "a"],
      [3, "error_type", "no_file"],
      [3, "reason", "b"],
      [3, "tool", "bash"],
      [3, "tool", "edit"],
    ]);
  });

  it("does not tell an error twice that is the reason", () => {
    const kinds = (error_type: string) => patternsOf([], failed(3, { error_type })).map(({ kind }) => kind);
    expect([kinds("turn_failed"), kinds("no_credit")]).toEqual([["reason"], ["error_type", "reason"]]);
  });
});
