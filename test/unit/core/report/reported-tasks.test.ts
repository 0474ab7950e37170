import { describe, expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import { isReported } from "../../../../src/core/report/retention.ts";
import { hour, now } from "../../../support/sample-clock.ts";
import { call } from "../../../support/sample-events.ts";
import { alive, gone, sampleStream } from "../../../support/sample-stream.ts";
import { assessNow, sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

const since = now - 24 * hour;
const old = { createdAt: now - 90 * hour, updatedAt: now - 80 * hour };
const ended = (at: number) =>
  sampleStream("t", { events: [{ type: "turn_ended", at, outcome: "success", message: null }] });

describe("isReported", () => {
  it.each<readonly [string, Partial<Task>, boolean]>([
    ["an old running claim", { status: sampleReading("a", old) }, true],
    ["an old running claim whose process is gone", { status: sampleReading("a", old), process: gone }, true],
    [
      "a session that was killed long ago",
      { streams: [{ ...sampleStream("t", { events: call(80 * hour, "ok") }), liveness: gone }] },
      false,
    ],
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
    [
      "a session that fell silent long ago and lives",
      { streams: [{ ...sampleStream("t", { events: call(80 * hour, "ok") }), liveness: alive }] },
      true,
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
