import { describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { plainStream } from "../../../../src/core/join/plain.ts";
import { plainName } from "../../../../src/core/text/safe-text.ts";
import { join } from "../../../support/joined.ts";
import { now } from "../../../support/sample-clock.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

const red = (text: string) => `\u001b[31m${text}\u001b[0m`;
const waiting = {
  for: "question",
  tool: red("ask"),
  text: red("which?"),
  callId: null,
  untilAt: null,
  at: now,
  line: 1,
} as const;
const claim = {
  by: red("parent"),
  says: "open",
  word: red("running"),
  at: now,
  file: null,
  line: null,
} as const;

const told: Stream = {
  ...sampleStream("t", { agentName: red("build"), identity: { taskId: red("bg_1"), sessionId: red("s") } }),
  title: red("Search index"),
  branch: red("main"),
  liveness: { state: "gone", pid: 7, says: red("pid 7 is gone") },
  waiting,
  busyWith: red("a shell"),
  claims: [claim],
  notes: [red("a note")],
};

describe("names", () => {
  const token = (end: string) => `ghp_q7Yt2LmZx9KcVb4NhRw8SdFgJp3TeUa61o${end}`;
  const requestOf = (taskId: string) =>
    sampleDelegation({ requestId: `req_${taskId}`, taskId, worktree: null });
  const named = (path: string, taskId: string | null) => sampleReading(path, { taskId });

  it.each([
    ["are two tokens", [token("Xi"), token("Yj")]],
    ["differ in what nobody sees", ["bg_1", "bg_1\u200b"]],
    ["differ far behind", [`${"x".repeat(300)}1`, `${"x".repeat(300)}2`]],
  ])("stay two where they %s", (_, [one = "", other = ""]) => {
    const readings = [named("a", one), named("b", other)];
    expect(join({ readings, delegations: [requestOf(one), requestOf(other)] }).tasks).toHaveLength(2);
  });

  it("are safe to print where they were joined", () => {
    const [task] = join({ readings: [named("a", token("Xi"))], delegations: [requestOf(token("Xi"))] }).tasks;
    expect(task?.delegations).toHaveLength(1);
    expect([task?.id, task?.key, task?.status?.status?.taskId]).toEqual(
      Array(3).fill(expect.stringMatching(/^\[redacted:[0-9a-f]{4}\]$/)),
    );
  });

  it.each([
    ["is a token", token("Xi")],
    ["is too long", "x".repeat(300)],
    ["holds what nobody sees", "bg_\u200b1"],
  ])("are found again by what the record calls them: one that %s", (_, taskId) => {
    const lastKnown = { taskId: plainName(taskId), title: "Search", sessionId: null };
    const halfWritten = { ...named("a", null), status: null, lastKnown };
    expect(join({ readings: [halfWritten], delegations: [requestOf(taskId)] }).tasks).toHaveLength(1);
  });

  it("lead to the worktree that they name", () => {
    const [found] = join({
      readings: [named(token("Xi"), null)],
      delegations: [sampleDelegation({ taskId: null, worktree: token("Xi") })],
    }).tasks;
    expect([found?.delegations.length, found?.delegations[0]?.worktree]).toEqual([
      1,
      expect.stringContaining("[redacted:"),
    ]);
  });
});

describe("plainStream", () => {
  it("takes every text of a stream to plain words", () => {
    expect(plainStream(told)).toMatchObject({
      identity: { taskId: plainName(red("bg_1")), requestId: null, sessionId: plainName(red("s")) },
      title: "Search index",
      branch: plainName(red("main")),
      agent: { kind: "claude-code", name: "build" },
      liveness: { state: "gone", pid: 7, says: "pid 7 is gone" },
      waiting: { tool: "ask", text: "which?" },
      busyWith: "a shell",
      claims: [{ by: "parent", word: "running" }],
      notes: ["a note"],
    });
  });

  it("leaves what is not known unknown", () => {
    const unknown = sampleStream("t");

    expect(plainStream(unknown)).toEqual(unknown);
    expect(
      plainStream({ ...unknown, waiting: { ...waiting, tool: null, text: null } }).waiting,
    ).toMatchObject({
      tool: null,
      text: null,
    });
  });

  it("takes a text of nothing printable for none", () => {
    const empty = {
      ...told,
      title: red(""),
      branch: red(""),
      identity: { ...told.identity, taskId: red("") },
    };

    expect(plainStream(empty)).toMatchObject({ title: null, branch: null, identity: { taskId: null } });
  });

  it.each([
    ["60 letters", "a".repeat(60), "a".repeat(60)],
    ["61 letters", "a".repeat(61), `${"a".repeat(59)}…`],
  ])("keeps of a name %s", (_, name, kept) => {
    const long = {
      ...told,
      agent: { kind: "codex", name },
      waiting: { ...waiting, tool: name },
      claims: [{ ...claim, word: name }],
    };

    expect(plainStream(long)).toMatchObject({
      agent: { name: kept },
      waiting: { tool: kept },
      claims: [{ word: kept }],
    });
  });
});
