import { describe, expect, it } from "vitest";
import type { Activity } from "../../../../src/core/evidence/activity.ts";
import { collect, fixture, generations, makeHome, now, store } from "./home.ts";

const seconds = (before: number) => now + before * 1_000;

const cases: readonly (readonly [
  name: string,
  says: string,
  pick: (activity: Activity) => unknown,
  expected: unknown,
])[] = [
  [
    "turn-over",
    "ends a turn that finished with stop, and keeps its last words",
    ({ ended }) => ended,
    { at: seconds(-50), line: null, outcome: "success", message: null, answer: "Done.", isEmpty: false },
  ],
  [
    "turn-over",
    "counts todos without the cancelled ones",
    ({ plan }) => [plan?.done, plan?.total, plan?.step],
    [2, 5, "Write tests"],
  ],
  ["finish-in-step", "takes the finish of 1.0 from its last step", ({ ended }) => ended?.outcome, "success"],
  [
    "output-limit",
    "takes an answer that was cut by the output limit for none",
    ({ ended }) => [ended?.outcome, ended?.isEmpty, ended?.message],
    ["failure", true, "output limit"],
  ],
  ["aborted", "calls an aborted turn cancelled", ({ ended }) => ended?.outcome, "cancelled"],
  ["aborted", "does not count a command that a person stopped", ({ failureCount }) => failureCount, 0],
  ["refused", "calls a refused permission cancelled", ({ ended }) => ended?.outcome, "cancelled"],
  [
    "refused-call",
    "ends with a step whose call a person refused",
    ({ ended }) => [ended?.at, ended?.outcome, ended?.message],
    [seconds(-50), "cancelled", "The user rejected permission to use this specific tool call."],
  ],
  ["refused-then-resumed", "goes on when a person says so after a refusal", ({ ended }) => ended, null],
  ["refused-with-feedback", "goes on after a refusal that tells what to do", ({ ended }) => ended, null],
  ["refused-by-rule", "goes on after a refusal by a rule", ({ ended }) => ended, null],
  [
    "dismissed-question",
    "ends with a question that a person dismissed",
    ({ ended, failureCount }) => [ended?.outcome, failureCount],
    ["cancelled", 0],
  ],
  [
    "cancelled-subtask",
    "ends with a subtask that a person cancelled",
    ({ ended, failureCount }) => [ended?.outcome, failureCount],
    ["cancelled", 0],
  ],
  [
    "provider-error",
    "fails with the error's name, status and words",
    ({ ended }) => [ended?.outcome, ended?.message],
    ["failure", "APIError 400: invalid request"],
  ],
  [
    "failures",
    "counts errors, exit codes, time limits and invalid calls",
    ({ failures }) => [failures.count, failures.tools],
    [
      4,
      [
        ["read", 1],
        ["bash", 2],
        ["reed", 1],
      ],
    ],
  ],
  ["failures", "keeps the words of the last error", ({ lastError }) => lastError?.message, "no such tool"],
  [
    "no-failures",
    "does not count aborts, refusals and empty searches",
    ({ failureCount }) => failureCount,
    0,
  ],
  [
    "left-behind",
    "does not take a killed call of an older message for a running one",
    ({ openCalls }) => openCalls,
    [],
  ],
  [
    "running-bash",
    "shows a running command with its own time limit",
    ({ openCalls }) => openCalls.map((call) => [call.tool, call.target, call.timeoutMs, call.startedAt]),
    [["bash", "npm test", 1_200_000, seconds(-56)]],
  ],
  [
    "running-bash",
    "does not wait for a permission once the command has started",
    ({ waiting }) => waiting,
    null,
  ],
  [
    "permission",
    "sees a command that waits for a permission since 1.14.41",
    ({ waiting }) => [waiting?.for, waiting?.text],
    ["permission", "npm test"],
  ],
  [
    "not-started-1.2",
    "cannot see that before",
    ({ waiting, openCalls }) => [waiting, openCalls[0]?.timeoutMs],
    [null, 120_000],
  ],
  [
    "question",
    "sees an open question",
    ({ waiting }) => [waiting?.for, waiting?.text],
    ["question", "Which name?"],
  ],
  [
    "doom-loop-allowed",
    "does not wait once the third equal call has started",
    ({ waiting }) => waiting,
    null,
  ],
  [
    "equal-calls-with-text",
    "does not wait where words stand between three equal calls",
    ({ waiting }) => waiting,
    null,
  ],
  [
    "plan-exit",
    "sees a plan that waits to be approved",
    ({ waiting }) => [waiting?.for, waiting?.tool],
    ["plan_approval", "plan_exit"],
  ],
  [
    "doom-loop",
    "sees the permission asked after three equal calls in one message",
    ({ waiting }) => waiting?.for,
    "permission",
  ],
  [
    "arguments-streaming",
    "shows a call whose arguments are still coming",
    ({ openCalls, waiting }) => [openCalls.map(({ timeoutMs }) => timeoutMs), waiting],
    [[null], null],
  ],
  ["same-call-id", "keeps two calls apart that share an id", ({ failures }) => failures.count, 2],
  ["broken-stream", "counts a step that was asked for again as a retry", ({ retries }) => retries?.count, 1],
  [
    "shell-mode",
    "stays over when a person runs a command by hand",
    ({ ended, callCount }) => [ended?.at, callCount],
    [seconds(-50), 0],
  ],
  [
    "shell-mode-running",
    "waits for nobody while a person's own command runs",
    ({ ended, waiting, openCalls }) => [ended?.at, waiting, openCalls],
    [seconds(-50), null, []],
  ],
  [
    "compaction",
    "goes on after a compaction",
    ({ ended, monologue }) => [ended, monologue.condensed],
    [null, 1],
  ],
];

describe.each(generations)("a session of the %s generation", (generation) => {
  it.each(cases)("%s: %s", async (name, _says, pick, expected) => {
    const home = makeHome();
    store(home, generation, fixture(name));
    const { streams, problems } = await collect(home);
    expect(problems).toEqual([]);
    expect(streams.map((stream) => pick(stream.activity))).toEqual([expected]);
  });

  it("is a task of its worktree", async () => {
    const home = makeHome();
    store(home, generation, fixture("turn-over"));
    const { streams } = await collect(home);
    expect(streams).toMatchObject([
      {
        key: "opencode:ses_flag",
        role: "task",
        identity: { taskId: null, sessionId: "ses_flag", worktree: `${home.root}/.worktrees/flag` },
        title: "Add the flag",
        branch: "flag",
        agent: { kind: "opencode", name: "build" },
        isInteractive: false,
      },
    ]);
  });

  it("is nobody's task while a person only runs commands by hand in it", async () => {
    const home = makeHome();
    const rows = fixture("shell-mode").map((row) => ({ ...row, messages: row.messages.slice(2) }));
    store(home, generation, rows);
    expect((await collect(home)).streams).toEqual([]);
  });

  it.each(["main-checkout", "other-project"])("is nobody's task in %s", async (name) => {
    const home = makeHome();
    store(home, generation, fixture(name));
    const { streams, outcome } = await collect(home);
    expect([outcome, streams]).toEqual(["read", []]);
  });

  it("is the task of the worktree whose status file names it, wherever it was started", async () => {
    const home = makeHome();
    store(home, generation, fixture("main-checkout"));
    const { streams } = await collect(home, now, {}, ["ses_flag"]);
    expect(streams).toMatchObject([
      { role: "task", identity: { sessionId: "ses_flag", worktree: `${home.root}/.worktrees/flag` } },
    ]);
  });

  it("is read however old while it is open", async () => {
    const home = makeHome();
    store(home, generation, fixture("running-bash"));
    const { streams } = await collect(home, now + 2 * 86_400_000);
    expect(streams.map(({ key }) => key)).toEqual(["opencode:ses_flag"]);
  });

  it("is left out when it ended before the report begins", async () => {
    const home = makeHome();
    store(home, generation, fixture("turn-over"));
    const { streams } = await collect(home, now + 2 * 86_400_000);
    expect(streams).toEqual([]);
  });
});
