import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import type { Problem } from "../../../../src/core/text/problem.ts";
import { formatClock } from "../../../../src/core/text/time.ts";
import { clockAndAge } from "../../../../src/core/verdict/phrases.ts";
import { findingChange, findingDetails, findingMessage } from "../../../../src/core/verdict/words.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import {
  active,
  asked,
  call,
  ended,
  failures,
  openCall,
  retry,
  shell,
} from "../../../support/sample-events.ts";
import { alive, gone, sampleStream, transcript, unseen } from "../../../support/sample-stream.ts";
import {
  assessNow,
  claim,
  quiet,
  root,
  sampleDelegation,
  sampleReading,
  sampleStatus,
} from "../../../support/sample-task.ts";

const worktree = `${root}/.worktrees/a`;
const seen = (...events: readonly AgentEvent[]) => ({ streams: [transcript(...events)] });
const broken = (code: Problem["code"], message: string, isRead: boolean) => ({
  status: {
    ...sampleReading("a"),
    ...(isRead ? {} : { status: null }),
    problems: [{ code, path: ".worktrees/a/status.json", line: 3, column: 7, message }],
  },
});
const odd = broken("unknown_status", "status is odd", true).status;
const unknownWord = { status: { ...odd, status: sampleStatus({ status: null }) } };
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
    "a status file with a word that nobody knows, alone",
    unknownWord,
    "status.json does not match the schema",
    [".worktrees/a/status.json:3:7: status is odd"],
  ],
  [
    "an old claim alone",
    claim({ updatedAt: now - hour }),
    "running for 1h, only status.json says so",
    [noTrace],
  ],
  [
    "an old claim of a living process",
    { ...claim({ updatedAt: now - hour }), process: alive },
    "running for 1h, only status.json says so",
    [`${noTrace}; pid 7 is running`],
  ],
  [
    "an old claim of a process that cannot be seen",
    { ...claim({ updatedAt: now - hour }), process: unseen },
    "running for 1h, only status.json says so",
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
  ["a turn that failed", seen(ended(minute, "failure", "no credit")), "ended with an error", ['"no credit"']],
  ["a turn that failed without words", seen(ended(minute, "failure", "")), "ended with an error", []],
  ["a turn that timed out", seen(ended(minute, "timeout")), "timed out", []],
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
    "an end that its exit code speaks against",
    claim({ status: "completed", exitCode: 1 }),
    'status.json says "completed", exit code 1',
    [],
  ],
  [
    "a claim with the exit code 0",
    claim({ status: "timeout", exitCode: 0 }),
    'status.json says "timeout"',
    [],
  ],
  ["a process that went", { ...claim(quiet), process: gone }, "agent process is gone", ["pid 7 ended"]],
  [
    "a process that went after it wrote",
    { ...claim(quiet), ...seen(active(27 * minute)), process: { ...gone, says: "pid 7 is a zombie" } },
    "agent process is gone",
    [`pid 7 is a zombie; last write ${clock(27 * minute)} (27m)`],
  ],
  ["a stop", seen(ended(minute, "cancelled")), "stopped", []],
  [
    "a stop by somebody",
    seen(ended(minute, "cancelled", "stopped by its parent")),
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
    seen(asked(0, "permission", { tool: "bash", text: "npm publish" })),
    "needs permission to run bash",
    ["asks: npm publish"],
  ],
  ["a permission for nothing named", seen(asked(0, "permission")), "needs a permission", []],
  [
    "a question",
    seen(asked(0, "question", { text: "which one?" })),
    "a question is open",
    ["asks: which one?"],
  ],
  ["a plan", seen(asked(0, "plan_approval")), "its plan waits for approval", []],
  ["a limit", seen(asked(0, "usage_limit")), "usage limit reached", []],
  ["a first prompt", seen(asked(0, "prompt")), "waiting for its first prompt", []],
  ["a prompt", seen(...call(minute, "ok"), asked(0, "prompt")), "turn finished, waiting for a prompt", []],
  [
    "a prompt after an interrupt",
    seen(active(minute), ended(0, "cancelled", "interrupted by a person"), asked(0, "prompt")),
    "interrupted by a person, waiting for a prompt",
    [],
  ],
  ["silence", seen(active(22 * minute)), "no activity for 22m", ["no tool running"]],
  [
    "silence since a call",
    seen(...call(22 * minute, "ok", { tool: "edit" })),
    "no activity for 22m",
    [`no tool running; last: edit src/${22 * minute}.ts at ${clock(22 * minute)}`],
  ],
  [
    "silence of a tool",
    seen(openCall(31 * minute)),
    "no activity for 31m",
    ["bash bun test running for 31m"],
  ],
  [
    "silence of a tool in its worktree",
    { ...claim(), ...seen(running(`${worktree}/src/app.ts`, "edit")) },
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
    seen({ ...running("", "think_hard"), input: { raw: {} } }),
    "no activity for 40m",
    ["think_hard running for 40m"],
  ],
  [
    "a creation",
    claim({ status: "created", updatedAt: null }),
    "created 1h ago and never started",
    [noTrace],
  ],
  ["failed requests", seen(retry(0, 4)), "provider fails, attempt 4 of 10", ['"overloaded"']],
  ["failed requests without a limit", seen(retry(0, 4, null)), "provider fails, attempt 4", ['"overloaded"']],
  ["one child", seen(shell("build", 0), ended(minute, "success")), "waits for build", []],
  [
    "two children",
    seen(shell("build", 0), shell("serve", 0), ended(minute, "success")),
    "waits for build and 1 more",
    [],
  ],
  [
    "three children",
    seen(shell("a", 0), shell("b", 0), shell("c", 0), ended(minute, "success")),
    "waits for a and 2 more",
    [],
  ],
  ["activity", seen(active(minute)), "active 1m ago", []],
  ["a fresh claim", claim(), "running for 1m, only status.json says so", []],
])("has words for %s", (_, task, message, details) => {
  const { verdict, facts } = assessNow(task);

  expect(findingMessage(verdict.finding, facts)).toBe(message);
  expect(findingDetails(verdict.finding, facts)).toEqual(details);
});

describe("what would change the verdict", () => {
  const changeOf = (task: Partial<Task>) => {
    const { verdict, facts } = assessNow(task);
    return findingChange(verdict.finding, facts);
  };

  it.each<[string, Partial<Task>, string]>([
    ["silence", seen(active(20 * minute)), "any activity; a longer --stuck-after than 15m of silence"],
    [
      "a creation",
      claim({ status: "created", updatedAt: null }),
      "a first tool call or transcript; a longer --stuck-after than 15m",
    ],
    ["three failures", seen(...failures(3)), "one successful tool call; --failures above 3"],
    ["five failures", seen(...failures(5)), "one successful tool call; --failures above 5"],
    ["activity", seen(active(0)), "silence of 15m, 3 failed tool calls in a row, or a terminal record"],
    ["a fresh claim", claim(), "no other evidence 15m after the claim"],
    ["a question", seen(asked(0, "question")), "the answer"],
  ])("of %s", (_, task, change) => {
    expect(changeOf(task)).toBe(change);
  });
});

it("gives a time its age", () => {
  expect(clockAndAge(now - 27 * minute, now)).toBe(`${clock(27 * minute)} (27m)`);
});
