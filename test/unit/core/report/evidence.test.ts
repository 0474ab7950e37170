import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Claim } from "../../../../src/core/evidence/stream.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { evidenceOf, overruled } from "../../../../src/core/report/evidence-rows.ts";
import { formatClock, formatTime } from "../../../../src/core/text/time.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { asked, call, ended } from "../../../support/sample-events.ts";
import { gone, log, sampleStream, transcript, unseen } from "../../../support/sample-stream.ts";
import {
  assessNow,
  claim,
  quiet,
  root,
  sampleDelegation,
  sampleReading,
  sampleStatus,
} from "../../../support/sample-task.ts";

const active = (agoMs: number): AgentEvent => ({ type: "active", at: now - agoMs, line: 3 });
const told = (says: Claim["says"], word: string): Claim => ({
  by: "parent session",
  says,
  word,
  at: now - minute,
  file: `${root}/parent.jsonl`,
  line: 9,
});
const rowsOf = (task: Partial<Task>) => evidenceOf(assessNow(task), (path) => path.replace(`${root}/`, ""));
const ago = (agoMs: number) => formatTime(now - agoMs);
const clock = (agoMs: number) => formatClock(now - agoMs);

describe("the evidence of a task", () => {
  it("names every source that speaks, the one that decided first", () => {
    const task: Partial<Task> = {
      ...claim(),
      delegations: [sampleDelegation({ request: { line: 2 } })],
      process: unseen,
      streams: [{ ...transcript(active(2 * minute)), claims: [told("open", "running")] }],
    };

    expect(rowsOf(task)).toEqual([
      {
        source: "transcript",
        basis: "observed",
        says: "active 2m ago",
        at: ago(2 * minute),
        file: "/srv/demo/home/t.jsonl",
        line: 3,
      },
      {
        source: "status.json",
        basis: "reported",
        says: "running",
        at: ago(minute),
        file: ".worktrees/a/status.json",
        line: null,
      },
      {
        source: "delegation_requests.jsonl",
        basis: "reported",
        says: "requested",
        at: ago(hour),
        file: ".agents/logs/delegation_requests.jsonl",
        line: 2,
      },
      { source: "process", basis: "inferred", says: unseen.says, at: ago(0), file: null, line: null },
      {
        source: "transcript",
        basis: "observed",
        says: `last activity ${clock(2 * minute)} (2m)`,
        at: ago(2 * minute),
        file: "/srv/demo/home/t.jsonl",
        line: 3,
      },
      {
        source: "parent session",
        basis: "reported",
        says: "running",
        at: ago(minute),
        file: "parent.jsonl",
        line: 9,
      },
    ]);
  });

  it("names a result, and its request", () => {
    const rows = rowsOf({ delegations: [sampleDelegation({ result: { status: "failure", line: 5 } })] });

    expect(rows.map(({ source, says, line }) => [source, says, line])).toEqual([
      ["delegation_results.jsonl", "its result is a failure", 5],
      ["delegation_requests.jsonl", "requested", 1],
      ["delegation_results.jsonl", "failure", 5],
    ]);
  });

  it("names a dead process once, as observed", () => {
    expect(rowsOf({ ...claim(quiet), process: gone }).filter(({ source }) => source === "process")).toEqual([
      { source: "process", basis: "observed", says: gone.says, at: ago(0), file: null, line: null },
    ]);
  });

  it("names a claim that decided once", () => {
    expect(rowsOf(claim()).map(({ source, says }) => [source, says])).toEqual([
      ["status.json", "running for 1m, only status.json says so"],
    ]);
  });

  it("names no word of a claim that says none", () => {
    const task = { status: sampleReading("a", { status: null }), streams: [transcript(active(0))] };

    expect(rowsOf(task).filter(({ source }) => source === "status.json")).toEqual([]);
  });

  it("names each problem of a claim with its place", () => {
    const problem = {
      code: "wrong_type",
      path: ".worktrees/a/status.json",
      line: 4,
      column: 2,
      message: "steps.done must be a number",
    } as const;
    const status = { ...sampleReading("a"), status: sampleStatus(), problems: [problem, problem] };
    const rows = rowsOf({ status, streams: [transcript(...call(minute, "failed"))] });

    expect(rows.filter(({ says }) => says === problem.message)).toEqual([
      {
        source: "status.json",
        basis: "reported",
        says: problem.message,
        at: null,
        file: problem.path,
        line: 4,
      },
    ]);
  });

  it.each([
    ["nothing yet", transcript()],
    [`last activity ${clock(minute)} (1m)`, transcript(active(minute))],
    [`last activity ${clock(minute)} (1m), 1 tool call`, transcript(...call(minute, "ok"))],
    [
      `last activity ${clock(minute)} (1m), 2 tool calls`,
      transcript(...call(hour, "ok"), ...call(minute, "ok")),
    ],
    [`last activity ${clock(minute)} (1m), ended: success`, transcript(ended(minute, "success"))],
  ])("says of a session: %s", (says, stream) => {
    expect(rowsOf({ streams: [stream] }).map((row) => row.says)).toContain(says);
  });
});

const statusSays = (word: string) => `status.json ${word}`;

describe("what is overruled", () => {
  it.each<[string, Partial<Task>, string[]]>([
    ["nothing where all agree", { ...claim(), streams: [transcript(active(0))] }, []],
    [
      "an open claim of what ended",
      { ...claim(), streams: [transcript(ended(minute, "success"))] },
      [statusSays('still says "running"')],
    ],
    [
      "a created claim of what failed",
      { ...claim({ status: "created" }), streams: [transcript(ended(minute, "failure"))] },
      [statusSays('still says "created"')],
    ],
    [
      "a claim of completion of what works",
      { ...claim({ status: "completed", updatedAt: now - hour / 2 }), streams: [transcript(active(0))] },
      [statusSays('says "completed"')],
    ],
    [
      "a claim of completion of what failed",
      { ...claim({ status: "completed" }), streams: [transcript(ended(minute, "timeout"))] },
      [statusSays('says "completed"')],
    ],
    [
      "no claim of a timeout of what failed",
      { ...claim({ status: "timeout" }), streams: [transcript(ended(minute, "failure"))] },
      [],
    ],
    [
      "a claim of failure of what was stopped",
      { ...claim({ status: "failed" }), streams: [transcript(ended(minute, "cancelled"))] },
      [statusSays('says "failed"')],
    ],
    ["nothing where nobody knows", claim({ updatedAt: now - hour }), []],
    [
      "a success in the transcript under a failed result",
      {
        streams: [transcript(ended(minute, "success"))],
        delegations: [sampleDelegation({ result: { status: "failure" } })],
      },
      ["its transcript ended with success"],
    ],
    [
      "a success in the results under a failed turn",
      { streams: [transcript(ended(minute, "failure"))], delegations: [sampleDelegation({ result: {} })] },
      ['delegation_results.jsonl says "success"'],
    ],
    [
      "no end of a turn that waits for the next prompt",
      { streams: [{ ...transcript(ended(minute, "success")), isInteractive: true }] },
      [],
    ],
    [
      "no end of a turn whose sub-agent works",
      {
        streams: [transcript(ended(minute, "success"))],
        children: [sampleStream("c", { parentKey: "t", events: [active(0)] })],
      },
      [],
    ],
    [
      "a result of what asks again",
      {
        streams: [transcript({ type: "user_message", at: now }, asked(0, "question"))],
        delegations: [sampleDelegation({ result: {} })],
      },
      ['delegation_results.jsonl says "success"'],
    ],
    [
      "what a parent was told, where that differs",
      { streams: [{ ...transcript(active(0)), claims: [told("success", "completed")] }] },
      ['parent session was told "completed"'],
    ],
    [
      "what a parent was told of a stop, where it failed",
      { streams: [{ ...transcript(ended(minute, "failure")), claims: [told("cancelled", "cancelled")] }] },
      ['parent session was told "cancelled"'],
    ],
    [
      "not what a parent was told, where that agrees",
      { streams: [{ ...transcript(active(0)), claims: [told("open", "running")] }] },
      [],
    ],
    [
      "each thing once",
      {
        streams: [{ ...transcript(active(0)), claims: [told("failure", "error"), told("timeout", "error")] }],
      },
      ['parent session was told "error"'],
    ],
  ])("is %s", (_, task, lines) => {
    expect(overruled(assessNow(task))).toEqual(lines);
  });

  it("is nothing a parent was told where nobody knows", () => {
    const stream = { ...log(), claims: [told("success", "completed")] };

    expect(overruled(assessNow({ ...claim({ updatedAt: now - hour }), streams: [stream] }))).toEqual([]);
  });
});
