import { describe, expect, it } from "vitest";
import type { AgentEvent, WaitingKind } from "../../src/core/agent-event.ts";
import { clockAndAge, findingChange, findingDetails, findingMessage } from "../../src/core/finding-words.ts";
import type { Problem } from "../../src/core/problem.ts";
import type { Task } from "../../src/core/task.ts";
import { formatClock } from "../../src/core/time.ts";
import {
  assessNow,
  call,
  hour,
  minute,
  now,
  openCall,
  root,
  sampleDelegation,
  sampleReading,
  sampleStream,
} from "./sample-task.ts";

const worktree = `${root}/.worktrees/a`;
const claim = (given: Parameters<typeof sampleReading>[1] = {}) => ({ status: sampleReading("a", given) });
const active = (agoMs: number): AgentEvent => ({ type: "active", at: now - agoMs });
const ended = (
  outcome: "success" | "failure" | "timeout" | "cancelled",
  message: string | null,
): AgentEvent => ({
  type: "turn_ended",
  at: now - minute,
  outcome,
  message,
});
const asked = (kind: WaitingKind, tool: string | null, text: string | null): AgentEvent => ({
  type: "asked",
  at: now,
  for: kind,
  tool,
  text,
});
const shell = (id: string): AgentEvent => ({
  type: "child_started",
  at: now,
  childId: id,
  kind: "shell",
  title: null,
});
const retry = (maxAttempts: number | null): AgentEvent => ({
  type: "provider_retry",
  at: now,
  message: "overloaded",
  attempt: 4,
  maxAttempts,
});
const transcript = (...events: readonly AgentEvent[]) => ({ streams: [sampleStream("t", { events })] });
const log = (...events: readonly AgentEvent[]) => ({
  streams: [sampleStream("l", { source: "agent_logs", events })],
});
const broken = (code: Problem["code"], message: string, isRead: boolean) => ({
  status: {
    ...sampleReading("a"),
    ...(isRead ? {} : { status: null }),
    problems: [{ code, path: ".worktrees/a/status.json", line: 3, column: 7, message }],
  },
});
const clock = (agoMs: number) => formatClock(now - agoMs);
const failed = (given: object) => ({
  delegations: [sampleDelegation({ result: { status: "failure", ...given } })],
});
const timedOut = (durationMs: number | null) => ({
  delegations: [sampleDelegation({ result: { status: "timeout", durationMs } })],
});
const running = (target: string, toolName: string) =>
  ({
    type: "call_started",
    at: now - 40 * minute,
    callId: "open",
    tool: toolName,
    input: { raw: { path: target } },
  }) as const;

const noTrace = "no log, transcript or file change found";
const gone = { state: "gone", pid: 7, says: "pid 7 does not exist" } as const;

it.each<[string, Partial<Task>, string, readonly string[]]>([
  [
    "a status file that is no JSON",
    broken("invalid_json", "expected , or }", false),
    "status.json is not valid JSON",
    [".worktrees/a/status.json:3:7 expected , or }"],
  ],
  [
    "a status file that cannot be read",
    broken("too_large", "is larger than 1 MB; make it smaller", false),
    "status.json is larger than 1 MB",
    [".worktrees/a/status.json:3:7 is larger than 1 MB; make it smaller"],
  ],
  [
    "a status file of another shape, alone",
    { ...broken("wrong_type", "pid must be a process id", true) },
    "status.json does not match the schema",
    [".worktrees/a/status.json:3:7: pid must be a process id"],
  ],
  [
    "a status file of another shape beside a log",
    { ...broken("wrong_type", "pid must be a process id", true), ...log(...call(minute, "ok")) },
    "status.json does not match the schema",
    [
      ".worktrees/a/status.json:3:7: pid must be a process id",
      `its log says: running, 1 tool call, last activity ${clock(minute)}`,
    ],
  ],
  [
    "a status file of another shape beside a transcript",
    {
      ...broken("wrong_type", "pid must be a process id", true),
      ...transcript(...call(2 * minute, "ok"), ...call(minute, "ok")),
    },
    "status.json does not match the schema",
    [
      ".worktrees/a/status.json:3:7: pid must be a process id",
      `its transcript says: running, 2 tool calls, last activity ${clock(minute)}`,
    ],
  ],
  ["an old claim alone", claim({ updatedAt: now - hour }), "running for 1h by status.json alone", [noTrace]],
  [
    "an old claim of a living process",
    { ...claim({ updatedAt: now - hour }), process: { state: "alive", pid: 7, says: "pid 7 is running" } },
    "running for 1h by status.json alone",
    [`${noTrace}; pid 7 is running`],
  ],
  [
    "an old claim of a process that cannot be seen",
    { ...claim({ updatedAt: now - hour }), process: { state: "unknown", pid: 7, says: "cannot be read" } },
    "running for 1h by status.json alone",
    [noTrace],
  ],
  [
    "a claim without a time",
    claim({ updatedAt: null, createdAt: null }),
    "status.json does not say since when",
    [noTrace],
  ],
  ["nothing", {}, "nothing says how it is", [noTrace]],
  ["a failed result", failed({ error: "cannot build" }), "its result is a failure", ['"cannot build"']],
  ["a failed result without words", failed({ error: null }), "its result is a failure", []],
  ["a result that timed out", timedOut(90_000), "timed out after 2m", []],
  ["a result that timed out, nobody knows when", timedOut(null), "timed out", []],
  ["a turn that failed", transcript(ended("failure", "no credit")), "ended with an error", ['"no credit"']],
  ["a turn that failed without words", transcript(ended("failure", "")), "ended with an error", []],
  ["a turn that timed out", transcript(ended("timeout", null)), "timed out", []],
  [
    "a claim of failure",
    claim({ status: "failed", error: "no space" }),
    'status.json says "failed"',
    ['"no space"'],
  ],
  [
    "a claim with an exit code",
    claim({ status: "failed", exitCode: 137 }),
    'status.json says "failed", exit code 137',
    [],
  ],
  [
    "a claim with the exit code 0",
    claim({ status: "timeout", exitCode: 0 }),
    'status.json says "timeout"',
    [],
  ],
  ["a process that went", { ...claim(), process: gone }, "agent process is gone", ["pid 7 ended"]],
  [
    "a process that went after it wrote",
    { ...claim(), ...transcript(active(27 * minute)), process: { ...gone, says: "pid 7 is a zombie" } },
    "agent process is gone",
    [`pid 7 is a zombie; last write ${clock(27 * minute)} (27m)`],
  ],
  ["a stop", transcript(ended("cancelled", null)), "stopped", []],
  [
    "a stop by somebody",
    transcript(ended("cancelled", "stopped by its parent")),
    "stopped by its parent",
    [],
  ],
  ["an end", { delegations: [sampleDelegation({ result: { durationMs: 18 * minute } })] }, "done in 18m", []],
  [
    "an end, nobody knows how long it took",
    { delegations: [sampleDelegation({ request: null, result: {} })] },
    "done",
    [],
  ],
  [
    "a permission",
    transcript(asked("permission", "bash", "npm publish")),
    "permission for bash",
    ["asks: npm publish"],
  ],
  ["a permission for nothing named", transcript(asked("permission", null, null)), "permission", []],
  [
    "a question",
    transcript(asked("question", null, "which one?")),
    "a question is open",
    ["asks: which one?"],
  ],
  ["a plan", transcript(asked("plan_approval", null, null)), "its plan waits for approval", []],
  ["a limit", transcript(asked("usage_limit", null, null)), "usage limit reached", []],
  ["a prompt", transcript(asked("prompt", null, null)), "turn over, waits for the next prompt", []],
  ["silence", transcript(active(22 * minute)), "no activity for 22m", ["no tool running"]],
  [
    "silence since a call",
    transcript(...call(22 * minute, "ok", { tool: "edit" })),
    "no activity for 22m",
    [`no tool running; last: edit src/${22 * minute}.ts at ${clock(22 * minute)}`],
  ],
  [
    "silence of a tool",
    transcript(openCall(31 * minute)),
    "no activity for 31m",
    ["bash bun test running for 31m"],
  ],
  [
    "silence of a tool in its worktree",
    { ...claim(), ...transcript(running(`${worktree}/src/app.ts`, "edit")) },
    "no activity for 40m",
    ["edit src/app.ts running for 40m"],
  ],
  [
    "silence of a tool in its session's worktree",
    {
      streams: [
        sampleStream("t", {
          identity: { worktree },
          events: [running(`${worktree}/src/app.ts`, "edit")],
        }),
      ],
    },
    "no activity for 40m",
    ["edit src/app.ts running for 40m"],
  ],
  [
    "a tool without a target",
    transcript({ ...running("", "think_hard"), input: { raw: {} } }),
    "no activity for 40m",
    ["think_hard running for 40m"],
  ],
  [
    "a creation",
    claim({ status: "created", updatedAt: null }),
    "created 1h ago and never started",
    [noTrace],
  ],
  ["failed requests", transcript(retry(10)), "provider fails, attempt 4 of 10", ['"overloaded"']],
  ["failed requests without a limit", transcript(retry(null)), "provider fails, attempt 4", ['"overloaded"']],
  ["one child", transcript(shell("build"), ended("success", null)), "waits for build", []],
  [
    "two children",
    transcript(shell("build"), shell("serve"), ended("success", null)),
    "waits for build and 1 more",
    [],
  ],
  [
    "three children",
    transcript(shell("a"), shell("b"), shell("c"), ended("success", null)),
    "waits for a and 2 more",
    [],
  ],
  ["activity", transcript(active(minute)), "active 1m ago", []],
  ["a fresh claim", claim(), "running for 1m by status.json alone", []],
])("has words for %s", (_, task, message, details) => {
  const { verdict, facts } = assessNow(task);

  expect(findingMessage(verdict.finding)).toBe(message);
  expect(findingDetails(verdict.finding, facts)).toEqual(details);
});

it("says of an ended turn beside a status file of another shape that it ended", () => {
  const { facts } = assessNow({
    ...broken("wrong_type", "is wrong", true),
    ...transcript(ended("success", null)),
  });
  const problem = { code: "wrong_type", path: "a", line: null, column: null, message: "is wrong" } as const;

  expect(findingDetails({ code: "claim_mismatch", problem }, facts)).toContain(
    `its transcript says: ended, 0 tool calls, last activity ${clock(minute)}`,
  );
});

it("names every problem of a status file, and the one it knows of where that is gone", () => {
  const problemsOf = (message: string) => broken("wrong_type", message, true).status.problems;
  const { status } = broken("wrong_type", "pid must be a process id", true);
  const both = { ...status, problems: [...status.problems, ...problemsOf("title must be a string")] };
  const { verdict, facts } = assessNow({ status: both });

  expect(findingDetails(verdict.finding, facts)).toEqual([
    ".worktrees/a/status.json:3:7: pid must be a process id",
    ".worktrees/a/status.json:3:7: title must be a string",
  ]);
  expect(findingDetails(verdict.finding, assessNow({}).facts)).toEqual([
    ".worktrees/a/status.json:3:7: pid must be a process id",
  ]);
});

it("does not speak for a task of which only its children are known", () => {
  const children = [sampleStream("c", { parentKey: "t", events: [active(minute)] })];
  const { verdict, facts } = assessNow({ ...broken("wrong_type", "is wrong", true), children });

  expect(findingDetails(verdict.finding, facts)).toEqual([".worktrees/a/status.json:3:7: is wrong"]);
});

describe("what would change the verdict", () => {
  const changeOf = (task: Partial<Task>) => {
    const { verdict, facts } = assessNow(task);
    return findingChange(verdict.finding, facts);
  };
  const failing = (count: number) =>
    transcript(...Array.from({ length: count }, (_, n) => call((count - n) * minute, "failed")).flat());

  it.each<[string, Partial<Task>, string]>([
    ["silence", transcript(active(20 * minute)), "any activity; a longer --stuck-after than 15m of silence"],
    [
      "a creation",
      claim({ status: "created", updatedAt: null }),
      "a first tool call or transcript; a longer --stuck-after than 15m",
    ],
    ["three failures", failing(3), "one successful tool call; --failures above 3"],
    ["five failures", failing(5), "one successful tool call; --failures above 5"],
    ["activity", transcript(active(0)), "silence of 15m, 3 failed tool calls in a row, or a terminal record"],
    ["a fresh claim", claim(), "no other evidence 15m after the claim"],
    ["a question", transcript(asked("question", null, null)), "the answer"],
  ])("of %s", (_, task, change) => {
    expect(changeOf(task)).toBe(change);
  });
});

it("gives a time its age", () => {
  expect(clockAndAge(now - 27 * minute, now)).toBe(`${clock(27 * minute)} (27m)`);
});
