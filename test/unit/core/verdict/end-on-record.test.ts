import { describe, expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import type { Health } from "../../../../src/core/log/health.ts";
import { noPast } from "../../../../src/core/log/past.ts";
import type { RecordedEnd } from "../../../../src/core/log/recalled-event.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active, asked, ended, message } from "../../../support/sample-events.ts";
import { alive, gone, log, sampleStream, transcript } from "../../../support/sample-stream.ts";
import { assessNow, claim, sampleDelegation } from "../../../support/sample-task.ts";

/** A completion half an hour ago, after which nothing was seen. */
const end: RecordedEnd = {
  id: "sha256:0123456789ab",
  at: now - 29 * minute,
  outcome: "success",
  reason: "reported_completed",
  title: "Docs",
  sessionId: null,
  startedAt: now - hour,
  endedAt: now - 30 * minute,
  lastActivityAt: now - 31 * minute,
  durationS: 1_800,
  used: { toolCalls: 7, toolFailures: 0, input: 0, output: 0, costUsd: null },
  usedBefore: { toolCalls: 0, toolFailures: 0, input: 0, output: 0, costUsd: null },
};
const failure: Partial<RecordedEnd> = { outcome: "failure", reason: "result_failed" };
const gonePast: Partial<RecordedEnd> = { outcome: "failure", reason: "process_gone", endedAt: null };
const before = log(active(31 * minute));

function assessAfter(task: Partial<Task>, given: Partial<RecordedEnd> = {}) {
  return assessNow(task, now, { ...noPast, end: { ...end, ...given } });
}

describe("an end that is on record", () => {
  it.each<[string, Partial<Task>, Partial<RecordedEnd>, Health]>([
    ["stays where only the lines of its log are left", { streams: [before] }, {}, "completed"],
    ["stays a failure", { streams: [before] }, failure, "failed"],
    ["stays a stop", { streams: [before] }, { outcome: "cancelled" }, "cancelled"],
    [
      "stays where its claim went back to what it said before",
      claim({ updatedAt: now - 40 * minute }),
      failure,
      "failed",
    ],
    [
      "stays where its session is open and its process is gone",
      { streams: [{ ...transcript(active(31 * minute)), liveness: gone }] },
      {},
      "completed",
    ],
    [
      "stays where its last lines were written just after it",
      { streams: [log(active(30 * minute - 50_000))] },
      {},
      "completed",
    ],
    ["is over where it is called again", { streams: [log(active(20 * minute))] }, {}, "unknown"],
    ["is over where it works", { streams: [log(active(minute))] }, {}, "healthy"],
    ["is over where it is claimed to be open again", claim({ createdAt: now - 5 * minute }), {}, "healthy"],
    ["is over where its claim goes on", claim({ updatedAt: now - minute }), {}, "healthy"],
    [
      "is over where it was asked for again",
      { delegations: [sampleDelegation({ request: { at: now - minute } })] },
      {},
      "healthy",
    ],
    [
      "is over where it was taken for dead and lives",
      { streams: [{ ...transcript(active(minute)), liveness: alive }] },
      gonePast,
      "healthy",
    ],
    [
      "yields to a later success",
      { streams: [transcript(message(20 * minute), ended(minute))] },
      failure,
      "completed",
    ],
    [
      "yields to a failure that was written later and speaks of an earlier moment",
      {
        delegations: [
          sampleDelegation({
            request: { at: now - hour },
            result: { status: "failure", at: now - 32 * minute },
          }),
        ],
      },
      {},
      "failed",
    ],
    [
      "is no better for a success of before",
      claim({ status: "completed", updatedAt: now - 40 * minute }),
      failure,
      "failed",
    ],
  ])("%s", (_, task, given, health) => {
    expect(assessAfter(task, given).health).toBe(health);
  });

  it("says when it was recorded, and how long it took", () => {
    const { verdict } = assessAfter({ streams: [before] });
    expect(verdict.finding).toEqual({
      code: "completed_on_record",
      at: now - 29 * minute,
      reason: "reported_completed",
      durationMs: 30 * minute,
    });
    expect(verdict.origin).toMatchObject({ source: "background_monitoring.jsonl", at: now - 30 * minute });
  });
});

describe("a second attempt", () => {
  it("counts its own time and no trouble of the first", () => {
    const events = [
      message(50 * minute),
      ended(30 * minute, "failure"),
      message(10 * minute),
      active(minute),
    ];
    const { facts } = assessAfter({ streams: [transcript(events)] }, failure);
    expect(facts).toMatchObject({ isAgain: true, startedAt: now - 10 * minute });
  });
});

describe("when work began", () => {
  const startOf = (task: Partial<Task>, past: object = {}) =>
    assessNow(task, now, { ...noPast, ...past }).facts.startedAt;
  const done = claim({ status: "completed", createdAt: now - 2 * hour, updatedAt: now - minute });
  const queued = { queuedAt: now - 50 * minute, begunAt: now - 38 * minute };

  it.each<[string, Partial<Task>, object, number]>([
    ["is when it was created", { ...done, streams: [log(active(40 * minute))] }, {}, 120],
    [
      "is its first sign after it was last seen in a queue",
      { ...done, streams: [log(active(40 * minute))] },
      queued,
      40,
    ],
    ["is the first look that saw it begun, where it left no sign", done, queued, 38],
    [
      "is what its claim says",
      claim({ startedAt: now - 30 * minute, createdAt: now - 2 * hour }),
      queued,
      30,
    ],
    [
      "is the first line of its transcript, where that came long after",
      { ...done, streams: [transcript(message(40 * minute), active(minute))] },
      {},
      40,
    ],
    [
      "is its creation, where its transcript came soon",
      { ...done, streams: [transcript(message(110 * minute), active(minute))] },
      {},
      120,
    ],
  ])("%s", (_, task, past, minutes) => {
    expect(startOf(task, past)).toBe(now - minutes * minute);
  });
});

describe("silence after an answer", () => {
  const silent = { streams: [transcript(active(42 * minute))] };

  it("counts from the last look that saw it wait", () => {
    expect(assessNow(silent, now, { ...noPast, askedAt: now - 4 * minute }).health).toBe("healthy");
    expect(assessNow(silent, now, { ...noPast, askedAt: now - 20 * minute }).health).toBe("stuck");
  });

  it("counts from its last sign while it is still asked", () => {
    const asks = { streams: [transcript(asked(42 * minute, "question"))] };
    const { facts } = assessNow(asks, now, { ...noPast, askedAt: now - 4 * minute });
    expect(facts.idleMs).toBe(42 * minute);
  });

  it("counts from the moment at which its living process went on", () => {
    const stream = sampleStream("t", {
      events: [active(42 * minute)],
      stirredAt: now - 2 * minute,
      liveness: alive,
    });
    expect(assessNow({ streams: [stream] }).health).toBe("healthy");
  });
});
