import { describe, expect, it } from "vitest";
import { composeReview } from "../../../../src/core/review/compose-review.ts";
import { Review } from "../../../../src/core/review/review.ts";
import { delegations, from, log, to } from "../../../support/fortnight.ts";
import { day, hour } from "../../../support/sample-clock.ts";

const about = { version: "1.0.0", root: "/srv/demo/shop" };
const onRecord = {
  events: log,
  delegations,
  eventLogs: [],
  delegationLogs: [],
  unreadable: [],
  skippedLines: 0,
};
const review = composeReview(onRecord, { from, to }, about);
const coverage_pct = 97.6;

const noWaits = { tasks: 0, total_s: 0, longest_s: null };

describe("the review of a fortnight whose truth is known", () => {
  it("follows its schema", () => {
    expect(Review.parse(review)).toEqual(review);
  });

  it("counts runs seen of runs due, overlapping ones once", () => {
    expect(review.runs).toEqual({ recorded: 5_040 - 120 + 3, seen: 5_040 - 120, due: 5_040, coverage_pct });
  });

  it("counts every end once, with cancelled and unknown beside the rate", () => {
    const ends = { success: 18, failure: 4, timeout: 1, cancelled: 1, unknown: 1 };
    expect(review.outcomes).toEqual({ ...ends, success_rate_pct: 78.3, coverage_pct });
    expect(review.open).toBe(2);
    expect(review.read.ends_from_delegations).toBe(3);
    // Both runs saw one end: its change and its end are there twice.
    expect(review.read.duplicate_events).toBe(2);
  });

  it("counts by agent and by category", () => {
    const none = { success: 0, failure: 0, timeout: 0, cancelled: 0, unknown: 0, coverage_pct };
    expect(review.by_agent).toEqual([
      { ...none, agent: "build", success: 14, failure: 1, cancelled: 1, unknown: 1, success_rate_pct: 93.3 },
      { ...none, agent: "explore", success: 2, timeout: 1, success_rate_pct: 66.7 },
      { ...none, agent: "fix", success: 2, failure: 3, success_rate_pct: 40 },
    ]);
    expect(review.by_category.map(({ category, success }) => [category, success])).toEqual([
      ["none", 16],
      ["search", 2],
    ]);
  });

  it("measures durations as SQL does", () => {
    expect(review.durations).toEqual({ count: 23, median_s: 3_600, p90_s: 4_560 });
  });

  it("counts patterns by distinct tasks", () => {
    expect(
      review.patterns.map(({ tasks, kind, value, is_frequent }) => [tasks, kind, value, is_frequent]),
    ).toEqual([
      [5, "error_type", "old_string_not_found", true],
      [5, "reason", "tool_failures", true],
      [5, "tool", "edit", true],
      [4, "error_type", "build_failed", false],
      [4, "reason", "turn_failed", false],
      [3, "reason", "no_activity", false],
    ]);
  });

  it("tells how often struggling recovered, and how long it took", () => {
    expect(review.struggling).toEqual({
      spells: 5,
      recovered: 2,
      worsened: 3,
      other: 0,
      recovery_rate_pct: 40,
      median_recovery_s: 1_200,
    });
  });

  it("counts waiting as far as runs saw it, not the night without runs", () => {
    const asked = { tasks: 2, total_s: 14_400, longest_s: 7_200 };
    expect(review.waiting).toEqual({ ...asked, asked, at_prompt: noWaits });
  });

  it("measures from the first sign to the confirmation and to the failure", () => {
    expect(review.first_sign).toEqual({
      confirmed: 8,
      median_to_confirmed_s: 240,
      failures_announced: 3,
      failures_without_sign: 2,
      median_to_failure_s: 2_400,
      p90_to_failure_s: 2_400,
    });
  });

  it("recorded a flapping task as flapping", () => {
    const flapping = log.filter(
      (event) => event.type === "agentmonitor.task.health_changed.v1" && event.data.flapping,
    );
    expect(new Set(flapping.map((event) => "subject" in event && event.subject))).toEqual(
      new Set(["bg_flaps"]),
    );
  });
});

describe("two readers get the same numbers", () => {
  it("whatever was recorded after the window", () => {
    const events = log.filter(({ time }) => Date.parse(time) < to);
    const earlier = composeReview({ ...onRecord, events }, { from, to }, about);
    expect({ ...earlier, read: null }).toEqual({ ...review, read: null });
  });

  it("in whatever order and however often the events were read", () => {
    const events = [...log].reverse().concat(log.slice(0, 900));
    const other = composeReview({ ...onRecord, events }, { from, to }, about);
    expect({ ...other, read: null }).toEqual({ ...review, read: null });
    expect(other.read.duplicate_events - review.read.duplicate_events).toBe(900);
  });

  it("and of two windows that touch, each end falls into exactly one", () => {
    const middle = from + 7 * day;
    const [first, second] = [
      composeReview(onRecord, { from, to: middle }, about),
      composeReview(onRecord, { from: middle, to }, about),
    ];
    expect(first.outcomes.success + second.outcomes.success).toBe(18);
    expect(first.outcomes.failure + second.outcomes.failure).toBe(4);
    expect(first.waiting.total_s + second.waiting.total_s).toBe(14_400);
    expect((first.runs.due ?? 0) + (second.runs.due ?? 0)).toBe(5_040);
  });
});

it.each([
  [0, true],
  [100, true],
  [100.1, false],
  [-0.1, false],
])("takes %d %% for a share or not", (percent, isShare) => {
  const outcomes = { ...review.outcomes, success_rate_pct: percent };
  expect(Review.safeParse({ ...review, outcomes }).success).toBe(isShare);
});

it("gives no rate and no coverage where nothing is on record", () => {
  const empty = composeReview(
    { events: [], delegations: [], eventLogs: [], delegationLogs: [], unreadable: [], skippedLines: 0 },
    { from, to },
    about,
  );
  expect(empty.outcomes.success_rate_pct).toBeNull();
  expect(empty.runs).toEqual({ recorded: 0, seen: 0, due: null, coverage_pct: null });
  expect(empty.waiting).toEqual({ ...noWaits, asked: noWaits, at_prompt: noWaits });
  expect(Review.parse(empty)).toEqual(empty);
});

it("counts coverage from the first scheduled run on", () => {
  const events = log.filter(({ time }) => Date.parse(time) >= to - hour);
  expect(composeReview({ ...onRecord, events }, { from, to }, about).runs).toMatchObject({
    due: 15,
    seen: 15,
  });
});
