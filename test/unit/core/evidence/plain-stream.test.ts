import { describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { plainStream } from "../../../../src/core/evidence/stream.ts";
import { now } from "../../../support/sample-clock.ts";
import { sampleStream } from "../../../support/sample-stream.ts";

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

describe("plainStream", () => {
  it("takes every text of a stream to plain words", () => {
    expect(plainStream(told)).toMatchObject({
      identity: { taskId: "bg_1", requestId: null, sessionId: "s" },
      title: "Search index",
      branch: "main",
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
