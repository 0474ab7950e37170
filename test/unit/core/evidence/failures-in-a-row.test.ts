import { describe, expect, it } from "vitest";
import { fold } from "../../../support/fold-calls.ts";
import { minute, now } from "../../../support/sample-clock.ts";
import { call } from "../../../support/sample-events.ts";

describe("failures in a row", () => {
  it("counts a call once whose records are repeated", () => {
    const events = call(minute, "failed");
    expect(fold([...events, ...events, ...events])).toMatchObject({
      callCount: 1,
      failureCount: 1,
      failures: { count: 1 },
      openCalls: [],
    });
  });

  it("counts three failures in a row with the names of their tools", () => {
    const activity = fold([
      ...call(5 * minute, "ok"),
      ...call(4 * minute, "failed", { tool: "edit" }),
      ...call(3 * minute, "failed", { tool: "bash" }),
      ...call(2 * minute, "failed", { tool: "edit", error: "old_string not found" }),
    ]);
    expect(activity.failures).toMatchObject({
      count: 3,
      tools: [
        ["edit", 2],
        ["bash", 1],
      ],
    });
    expect(activity.lastError).toMatchObject({ tool: "edit", message: "old_string not found" });
  });

  it("ends a run of failures at a success", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      ...call(2 * minute, "ok"),
      ...call(minute, "failed"),
    ]);
    expect(activity).toMatchObject({ failures: { count: 1 }, failureCount: 2, callCount: 3 });
  });

  it("neither counts a refused call nor lets it end a run of failures", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      ...call(2 * minute, "neutral"),
      ...call(minute, "failed"),
    ]);
    expect(activity).toMatchObject({ failures: { count: 2 }, failureCount: 2, callCount: 3 });
  });

  it("forgets failures, calls and an end at a new user message", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      { type: "turn_ended", at: now - 2 * minute, outcome: "failure", message: "gave up" },
      { type: "user_message", at: now - minute },
    ]);
    expect(activity).toMatchObject({ failures: { count: 0 }, calls: [], ended: null, failureCount: 1 });
  });

  it("keeps the tool names of the first 8 that fail", () => {
    const failures = Array.from({ length: 10 }, (_, n) =>
      call((20 - n) * minute, "failed", { tool: `tool${n}` }),
    );
    const { tools, count } = fold([...failures.flat(), ...call(0, "failed", { tool: "tool7" })]).failures;
    expect([count, tools.length, tools[7]]).toEqual([11, 8, ["tool7", 2]]);
  });

  it("neither counts a failed plan nor lets a plan end a run of failures", () => {
    const activity = fold([
      ...call(3 * minute, "failed"),
      ...call(2 * minute, "ok", { tool: "todowrite" }),
      ...call(minute, "failed", { tool: "todowrite" }),
    ]);
    expect(activity.failures.count).toBe(1);
    expect(activity.lastSuccessAt).toBeNull();
  });
});
