import { describe, expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import {
  done,
  failedClaim,
  failing,
  healthy,
  runAt,
  runsOf,
  shown,
  waiting,
} from "../../../support/recorded-runs.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active, ended } from "../../../support/sample-events.ts";
import { transcript } from "../../../support/sample-stream.ts";
import { sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

describe("the event of an end", () => {
  it("records an end exactly once, however often it is seen", () => {
    const events = runsOf([healthy, done, done, done, done]).flat();
    expect(shown(events).filter((type) => type === "finished")).toHaveLength(1);
  });

  it("records what the finished task took", () => {
    const events = runsOf([healthy, waiting, done])[2] ?? [];
    expect(events.find((event) => event.type === "agentmonitor.task.finished.v1")).toMatchObject({
      data: { outcome: "success", duration_s: 1_080, seen_healthy_s: 240, seen_waiting_s: 240 },
    });
  });

  it("records what its agent says that it used, and nothing where it says nothing", () => {
    const used = {
      type: "usage",
      at: now,
      id: "a",
      input: 900,
      output: 50,
      context: 900,
      window: null,
    } as const;
    const data = (costUsd: number | null) =>
      runAt(now, [], { streams: [transcript({ ...used, costUsd }, ended(0))] }).at(-2)?.data;
    expect(data(0.25)).toMatchObject({ tokens: { input: 900, output: 50 }, cost_usd: 0.25 });
    expect(data(null)).toMatchObject({ tokens: { input: 900, output: 50 }, cost_usd: null });
    expect(runAt(now, [], done).at(-2)).toMatchObject({ data: { tokens: null, cost_usd: null } });
  });

  it.each<readonly [string, Partial<Task>, string]>([
    ["success", done, "success"],
    ["failure", failedClaim, "failure"],
    ["timeout", { status: sampleReading("a", { status: "timeout" }) }, "timeout"],
    ["timeout", { delegations: [sampleDelegation({ result: { status: "timeout" } })] }, "timeout"],
    ["cancelled", { streams: [transcript(ended(0, "cancelled"))] }, "cancelled"],
  ])("calls the outcome %s", (_, task, outcome) => {
    expect(runAt(now, [], task).at(-2)).toMatchObject({
      type: "agentmonitor.task.finished.v1",
      data: { outcome },
    });
  });

  it("records a second end of a task that was taken up again", () => {
    const events = runsOf([done, healthy, failedClaim]).flat();
    expect(shown(events)).toEqual([
      "health_changed",
      "finished",
      "run",
      "health_changed",
      "run",
      "health_changed",
      "finished",
      "run",
    ]);
  });

  it("tells of an end when, how long and with what it ended", () => {
    const task: Partial<Task> = {
      status: sampleReading("a", { category: "docs" }),
      delegations: [
        sampleDelegation({
          result: { status: "failure", at: now - minute, error: "cannot build: x", durationMs: 90_500 },
        }),
      ],
    };
    expect(runAt(now, [], task).at(-2)).toMatchObject({
      data: {
        request_id: "req-1",
        outcome: "failure",
        started_at: formatTime(now - hour),
        ended_at: formatTime(now - minute),
        duration_s: 91,
        error_type: "cannot_build",
        category: "docs",
        tool_calls: 0,
        tool_failures: null,
        struggled: false,
        recovered: false,
      },
    });
  });

  const endedAfter = (agoMs: number, given: Partial<Task> = {}): Partial<Task> => ({
    streams: [transcript(active(agoMs), ended(minute, "failure"))],
    ...given,
  });

  it.each<readonly [string, Partial<Task>, number | null]>([
    ["from its beginning to its end", endedAfter(hour), 59 * 60],
    ["nothing where both are one", endedAfter(minute), 0],
    [
      "nobody knows, where the end stands before the beginning",
      endedAfter(2 * minute, { status: sampleReading("a", { createdAt: now - 30_000 }) }),
      null,
    ],
    [
      "nobody knows, where no end is on record",
      { status: sampleReading("a", { status: "failed", updatedAt: null, createdAt: null }) },
      null,
    ],
  ])("tells of an end how long it took: %s", (_, task, seconds) => {
    expect(runAt(now, [], task).at(-2)).toMatchObject({ data: { duration_s: seconds } });
  });

  it.each<readonly [string, Partial<Task>, string | null]>([
    ["the reason for a failure without words", endedAfter(hour), "turn_failed"],
    [
      "none for a timeout without words",
      { delegations: [sampleDelegation({ result: { status: "timeout" } })] },
      null,
    ],
    ["none for a success", done, null],
  ])("tells of an end the kind of its error: %s", (_, task, type) => {
    expect(runAt(now, [], task).at(-2)).toMatchObject({ data: { error_type: type } });
  });

  it("tells of an end in which health its time went, and that it recovered", () => {
    const last = runsOf([failing(3), failing(3), healthy, { ...done }])[3]?.at(-2);
    expect(last).toMatchObject({
      data: {
        seen_struggling_s: 480,
        seen_healthy_s: 240,
        seen_stuck_s: 0,
        seen_waiting_s: 0,
        struggled: true,
        recovered: true,
      },
    });
  });

  it("counts no seconds in any health at the first look", () => {
    expect(runAt(now, [], done).at(-2)).toMatchObject({
      data: { seen_healthy_s: 0, seen_struggling_s: 0, seen_stuck_s: 0, seen_waiting_s: 0 },
    });
  });
});
