import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLongOver, isReported } from "../../src/core/reported-tasks.ts";
import type { Task } from "../../src/core/task.ts";
import { call } from "./sample-events.ts";
import {
  assessNow,
  gone,
  hour,
  now,
  sampleDelegation,
  sampleReading,
  sampleStream,
  sampleTask,
} from "./sample-task.ts";

const since = now - 24 * hour;
const old = { createdAt: now - 90 * hour, updatedAt: now - 80 * hour };
const ended = (at: number) =>
  sampleStream("t", { events: [{ type: "turn_ended", at, outcome: "success", message: null }] });

describe("isReported", () => {
  it.each<readonly [string, Partial<Task>, boolean]>([
    ["an old running claim", { status: sampleReading("a", old) }, true],
    ["an old running claim whose process is gone", { status: sampleReading("a", old), process: gone }, false],
    [
      "a claim that ended just before",
      { status: sampleReading("a", { status: "completed", updatedAt: since - 1 }) },
      false,
    ],
    [
      "a claim that ended just then",
      { status: sampleReading("a", { status: "completed", updatedAt: since }) },
      true,
    ],
    [
      "a claim that ended and does not say when",
      { status: sampleReading("a", { status: "failed", updatedAt: null, createdAt: null }) },
      true,
    ],
    [
      "an open request of long ago",
      { delegations: [sampleDelegation({ request: { at: now - 80 * hour } })] },
      true,
    ],
    [
      "a result of long ago",
      {
        delegations: [
          sampleDelegation({ request: { at: now - 80 * hour }, result: { at: now - 79 * hour } }),
        ],
      },
      false,
    ],
    ["a result of an hour ago", { delegations: [sampleDelegation({ result: {} })] }, true],
    ["a session that ended long ago", { streams: [ended(since - 1)] }, false],
    ["a session that ended just then", { streams: [ended(since)] }, true],
    [
      "a session that fell silent long ago",
      { streams: [sampleStream("t", { events: call(80 * hour, "ok") })] },
      false,
    ],
    [
      "a session that fell silent just before",
      { streams: [sampleStream("t", { events: [{ type: "active", at: since - 1 }] })] },
      false,
    ],
    [
      "a session that fell silent just then",
      { streams: [sampleStream("t", { events: [{ type: "active", at: since }] })] },
      true,
    ],
    [
      "a session that fell silent an hour ago",
      { streams: [sampleStream("t", { events: call(hour, "ok") })] },
      true,
    ],
  ])("judges %s", (_, task, expected) => {
    expect(isReported(assessNow(task), since)).toBe(expected);
  });
});

describe("isLongOver", () => {
  const at = fc.option(fc.constantFrom(since - 30 * hour, since - 1, since, now - hour));
  const claims = fc.record({
    status: fc.constantFrom("created", "running", "completed", "failed", "timeout"),
    createdAt: at,
    startedAt: at,
    updatedAt: at,
    completedAt: at,
    exitCode: fc.constantFrom(null, 0, 1),
  });
  const around = fc.record({
    streams: fc.constantFrom([], [ended(since)], [ended(since - 1)]),
    delegations: fc.constantFrom([], [sampleDelegation({ result: {} })]),
    process: fc.constantFrom(null, gone),
  });

  const stream = ended(since - 1);
  const over = { status: sampleReading("a", { ...old, status: "completed" }) };

  it.each<readonly [string, Partial<Task>, boolean]>([
    ["an old end alone", {}, true],
    ["one with a session", { streams: [stream] }, false],
    ["one with an earlier session", { attempts: [stream] }, false],
    ["one with a sub-agent", { children: [stream] }, false],
    ["one with a session and an earlier one", { streams: [stream], attempts: [stream] }, false],
    ["one with a session and a sub-agent", { streams: [stream], children: [stream] }, false],
    ["one with a session and a delegation", { streams: [stream], delegations: [sampleDelegation()] }, false],
    ["one with a process", { process: gone }, false],
  ])("says of %s whether it can be left out", (_, given, isOver) => {
    expect(isLongOver(sampleTask({ ...over, ...given }), since)).toBe(isOver);
  });

  it("says it only of what is not reported", () => {
    fc.assert(
      fc.property(claims, around, (claim, rest) => {
        const task = { status: sampleReading("a", claim), ...rest };
        const { facts } = assessNow(task);
        expect(isLongOver(facts.task, since) && isReported(assessNow(task), since)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it("says it of a claim alone that ended long ago", () => {
    const { facts } = assessNow({ status: sampleReading("a", { status: "completed", ...old }) });
    expect(isLongOver(facts.task, since)).toBe(true);
  });
});
