import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { learn, measureProgress } from "../../../../src/core/report/progress.ts";
import { minute, now, second } from "../../../support/sample-clock.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { assessNow, root, sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

const past = (count: number, kind: { subagentType?: string | null; category?: string | null }) =>
  Array.from({ length: count }, (_, index) =>
    sampleDelegation({
      requestId: `past-${index}`,
      request: { subagentType: null, ...kind },
      result: {
        durationMs: (8 + index) * minute,
        toolsUsed: Array.from({ length: 8 + index }, () => "read"),
      },
    }),
  );
const measure = (task: Partial<Task>, delegations = past(5, { subagentType: "explore" })) =>
  measureProgress(assessNow(task).facts, learn(delegations));
/** A call that is open, or ended a minute ago. */
const called = (tool: string, raw: unknown, isOpen = true): AgentEvent[] => [
  {
    type: "call_started",
    at: now - minute - second,
    callId: tool + JSON.stringify(raw),
    tool,
    input: { raw },
  },
  ...(isOpen
    ? []
    : [
        {
          type: "call_ended",
          at: now - minute,
          callId: tool + JSON.stringify(raw),
          outcome: "ok",
          output: null,
        } as const,
      ]),
];
const session = (...events: readonly AgentEvent[]) => ({
  streams: [sampleStream("t", { events, identity: { worktree: `${root}/.worktrees/a` } })],
});
const asked = (agoMs: number) => ({ delegations: [sampleDelegation({ request: { at: now - agoMs } })] });

describe("measureProgress", () => {
  it("takes the steps of the claim", () => {
    expect(measure({ status: sampleReading("a", { steps: { done: 2, total: 5 } }) })).toMatchObject({
      done: 2,
      total: 5,
      estimated: false,
      basis: null,
    });
  });

  it("takes the plan of the transcript before the claim", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 1, total: 3, step: "write the index" };
    const progress = measure({
      ...session(plan),
      status: sampleReading("a", { steps: { done: 2, total: 5 }, step: "older words" }),
    });
    expect(progress).toMatchObject({ done: 1, total: 3, estimated: false, activity: "write the index" });
  });

  it("knows nothing rather than 0 of 0", () => {
    expect(measure({ status: sampleReading("a") }, [])).toEqual({
      done: null,
      total: null,
      percent: null,
      estimated: false,
      basis: null,
      activity: null,
    });
  });

  it("does not estimate from fewer than 5 past delegations", () => {
    expect(measure(asked(5 * minute), past(4, { subagentType: "explore" })).done).toBeNull();
  });

  // The five took 8, 9, 10, 11 and 12 minutes: the median is 10.
  it.each([
    [0, 0],
    [5 * minute, 50],
    [9.49 * minute, 94],
    [9.5 * minute, 95],
    [10 * minute, 95],
    [10_000 * minute, 95],
  ])("estimates, %i ms after the request, %i %%", (agoMs, done) => {
    expect(measure(asked(agoMs))).toMatchObject({
      done,
      total: 100,
      estimated: true,
      basis: "5 past explore delegations",
    });
  });

  it("takes the slower of time and tools", () => {
    const oneCall = session(...called("read", { path: "a" }, false));
    expect(measure({ ...asked(9 * minute), ...oneCall }).done).toBe(10);
  });

  it("estimates by category where the kind has too few", () => {
    const request = { at: now - 5 * minute, subagentType: "writer", category: "docs" };
    const task = { delegations: [sampleDelegation({ request })] };
    expect(measure(task, past(6, { category: "docs" })).basis).toBe("6 past docs delegations");
  });

  it("learns from success only", () => {
    const failed = past(9, { subagentType: "explore" }).map((each) =>
      sampleDelegation({ ...each, result: { ...each.result, status: "failure" } }),
    );
    expect(learn(failed).size).toBe(0);
  });

  it.each([
    ["an odd number of them", 5, 10 * minute, 10],
    ["an even number of them", 6, 10.5 * minute, 10.5],
  ])("takes the middle of %s", (_, count, durationMs, tools) => {
    expect([...learn(past(count, { subagentType: "explore" }))]).toEqual([
      ["type:explore", { count, durationMs, tools }],
    ]);
  });

  it("takes the middle of whatever order", () => {
    const shuffled = [12, 8, 100, 9, 11].map((minutes, index) =>
      sampleDelegation({ requestId: `r${index}`, result: { durationMs: minutes * minute } }),
    );
    expect(learn(shuffled).get("type:explore")?.durationMs).toBe(11 * minute);
  });

  it("takes the steps of a plan of one step", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 0, total: 1, step: null };
    expect(measure(session(plan))).toMatchObject({ done: 0, total: 1 });
  });

  it("learns of kind and category apart", () => {
    const both = past(3, { subagentType: "explore", category: "search" });
    expect([...learn(both).keys()]).toEqual(["type:explore", "category:search"]);
  });

  it.each([
    ["without a duration", sampleDelegation({ result: {} })],
    ["without a request", sampleDelegation({ request: null, result: { durationMs: minute } })],
    ["without a result", sampleDelegation()],
    ["without a kind", sampleDelegation({ request: { subagentType: null }, result: { durationMs: minute } })],
  ])("learns nothing from one %s", (_, delegation) => {
    expect(learn([delegation]).size).toBe(0);
  });

  it("does not estimate from delegations that took no time", () => {
    const instant = past(5, { subagentType: "explore" }).map((each) => ({
      ...each,
      result: each.result && { ...each.result, durationMs: 0 },
    }));
    expect(measure(asked(5 * minute), instant).done).toBeNull();
  });

  it("estimates by time alone from delegations that used no tools", () => {
    const idle = past(5, { subagentType: "explore" }).map((each) => ({
      ...each,
      result: each.result && { ...each.result, toolsUsed: [] },
    }));
    expect(measure({ ...asked(5 * minute), ...session(...called("read", null)) }, idle).done).toBe(50);
  });

  it("estimates nothing below nothing, where a clock runs ahead", () => {
    expect(measure(asked(-30 * second)).done).toBe(0);
  });

  it("estimates by what the claim says of kind and category, since its start", () => {
    const status = sampleReading("a", { subagentType: "explore", createdAt: now - 5 * minute });
    expect(measure({ status })).toMatchObject({ done: 50, basis: "5 past explore delegations" });
    const docs = sampleReading("a", { category: "docs", createdAt: now - 5 * minute });
    expect(measure({ status: docs }, past(5, { category: "docs" })).basis).toBe("5 past docs delegations");
  });

  it("takes the steps of the claim where the plan has none", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 0, total: 0, step: null };
    const status = sampleReading("a", { steps: { done: 2, total: 5 } });
    expect(measure({ ...session(plan), status })).toMatchObject({ done: 2, total: 5 });
  });

  it("takes the plan of a second session where the first has none", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 1, total: 3, step: null };
    const log = sampleStream("l", { source: "agent_logs", events: [plan] });
    expect(measure({ streams: [...session(...called("read", null)).streams, log] })).toMatchObject({
      done: 1,
      total: 3,
    });
  });

  it("does not estimate what has ended", () => {
    expect(measure({ delegations: [sampleDelegation({ result: {} })] }).done).toBeNull();
  });
});

describe("the current step", () => {
  it.each([
    ["read", { path: `${root}/.worktrees/a/src/db/index.ts` }, "reading src/db/index.ts"],
    ["edit", { file_path: "src/app.ts" }, "editing src/app.ts"],
    ["write", { filePath: "src/app.ts" }, "editing src/app.ts"],
    ["grep", { pattern: "retry" }, "searching the code"],
    ["bash", { command: "rg retry src" }, "searching the code"],
    ["bash", { command: "bun test test/io" }, "running tests"],
    ["bash", { command: "npx tsc --noEmit" }, "running checks"],
    ["bash", { command: "npm install" }, "installing packages"],
    ["bash", { command: "make all" }, "building"],
    ["bash", { command: "git add -A && npm add x" }, "changing files"],
    ["bash", { command: "pip freeze" }, "running pip"],
    ["bash", { command: "add x" }, "running add"],
    ["bash", { command: "$(x)" }, "running a command"],
    ["bash", { command: "git push origin main" }, "running git push"],
    ["bash", { command: "cd web && ./deploy.sh now" }, "running ./deploy.sh"],
    ["bash", { command: "rm -rf build" }, "changing files"],
    ["bash", { command: "sleep 30" }, "waiting for a command"],
    ["bash", null, "running a command"],
    ["read", null, "reading files"],
    ["todowrite", { todos: [] }, null],
  ])("is told from %s %j", (tool, raw, words) => {
    expect(measure(session(...called(tool, raw))).activity).toBe(words);
  });

  it("ends with its call: the model is waited for then, since the call or what was said to it last", () => {
    const edited = called("edit", { path: "src/app.ts" }, false);
    expect(measure(session(...edited)).activity).toBe("waits for the model for 1m");
    const asked: AgentEvent = { type: "user_message", at: now - 20 * second };
    expect(measure(session(...edited, asked)).activity).toBe("waits for the model for 20s");
  });

  it.each<[string, AgentEvent]>([
    ["after its own words", { type: "said", at: now - second, text: "Now the tests." }],
    [
      "after the end of its turn",
      { type: "turn_ended", at: now - second, outcome: "success", message: null, answer: null },
    ],
  ])("is not known %s", (_, last) => {
    expect(measure(session(...called("edit", { path: "src/app.ts" }, false), last)).activity).toBeNull();
  });

  it("is the last one of a log that writes only what has ended, for two minutes", () => {
    const log = (agoMs: number) => {
      const digest = { kind: "obs", isSearch: true, argsHash: null } as const;
      const events: AgentEvent[] = [
        { type: "call_started", at: now - agoMs, callId: "c", tool: "grep", input: { digest } },
        { type: "call_ended", at: now - agoMs, callId: "c", outcome: "ok", output: null },
      ];
      return { streams: [sampleStream("agent_logs", { kind: "log", events })] };
    };
    expect(measure(log(2 * minute - 1)).activity).toBe("searching the code");
    expect(measure(log(2 * minute)).activity).toBeNull();
  });

  it("is the folder when two reads in a row are of one folder", () => {
    const reads = [
      ...called("read", { path: "src/db/a.ts" }, false),
      ...called("read", { path: "src/db/b.ts" }),
    ];
    expect(measure(session(...reads)).activity).toBe("reading src/db");
  });

  it.each([
    ["of two folders", { path: "src/db/a.ts" }, { path: "src/io/b.ts" }, "reading src/io/b.ts"],
    ["of no folder", { path: "a.ts" }, { path: "b.ts" }, "reading b.ts"],
    ["of a command", { path: "src/db/a.ts" }, { command: "cat src/db/b.ts" }, "reading files"],
    ["of one folder", { path: "src/db/a.ts" }, { path: "src/db/b.ts" }, "reading src/db"],
  ])("is told from two reads %s", (_, first, second, words) => {
    expect(measure(session(...called("read", first, false), ...called("read", second))).activity).toBe(words);
  });

  it.each([
    [
      "an edit before",
      called("edit", { path: "src/db/a.ts" }, false),
      called("read", { path: "src/db/b.ts" }),
      "reading src/db/b.ts",
    ],
    [
      "an edit after",
      called("read", { path: "src/db/a.ts" }, false),
      called("edit", { path: "src/db/b.ts" }),
      "editing src/db/b.ts",
    ],
    [
      "a search before",
      called("grep", { path: "src/db/a.ts" }, false),
      called("read", { path: "src/db/b.ts" }),
      "reading src/db/b.ts",
    ],
    [
      "a search after",
      called("read", { path: "src/db/a.ts" }, false),
      called("grep", { path: "src/db/b.ts" }),
      "searching the code",
    ],
  ])("is not the folder of a read with %s", (_, first, second, words) => {
    expect(measure(session(...first, ...second)).activity).toBe(words);
  });

  it.each([
    ["60 letters", 60, `editing ${"a".repeat(60)}`],
    ["61 letters", 61, `editing ${"a".repeat(59)}…`],
  ])("keeps of a target %s", (_, length, words) => {
    expect(measure(session(...called("edit", { path: "a".repeat(length) }))).activity).toBe(words);
  });

  it.each([
    ["30 letters", 30, `running ${"a".repeat(30)}`],
    ["31 letters", 31, `running ${"a".repeat(29)}…`],
  ])("keeps of a program %s", (_, length, words) => {
    expect(measure(session(...called("bash", { command: "a".repeat(length) }))).activity).toBe(words);
  });

  it.each([
    ["older than the plan's", now - 2 * minute, "write the index"],
    ["as old as the plan's", now - minute, "write the index"],
    ["newer than the plan's", now, "analyzing codebase"],
    ["of no time", null, "write the index"],
  ])("is the plan's or the claim's, where the claim's words are %s", (_, updatedAt, words) => {
    const plan: AgentEvent = {
      type: "plan_changed",
      at: now - minute,
      done: 1,
      total: 3,
      step: "write the index",
    };
    const status = sampleReading("a", { step: "analyzing codebase", updatedAt });
    expect(measure({ ...session(plan), status }).activity).toBe(words);
  });

  it("is shortened to the worktree of the claim where the session has none", () => {
    const read = called("read", { path: `${root}/.worktrees/a/src/x.ts` });
    const task = { status: sampleReading("a"), streams: [sampleStream("t", { events: read })] };
    expect(measure(task).activity).toBe("reading src/x.ts");
  });

  it("is the claim's own words where it has some", () => {
    const status = sampleReading("a", { step: "analyzing codebase" });
    expect(measure({ ...session(...called("grep", { pattern: "x" })), status }).activity).toBe(
      "analyzing codebase",
    );
  });
});
