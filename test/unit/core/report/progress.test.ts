import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { learn } from "../../../../src/core/report/progress.ts";
import { minute, now, second } from "../../../support/sample-clock.ts";
import { called, measure, past, session } from "../../../support/sample-progress.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { sampleDelegation, sampleReading } from "../../../support/sample-task.ts";

const asked = (agoMs: number) => ({ delegations: [sampleDelegation({ request: { at: now - agoMs } })] });

describe("measureProgress", () => {
  it("takes the steps of the claim", () => {
    expect(measure({ status: sampleReading("a", { steps: { done: 2, total: 5 } }) })).toMatchObject({
      done: 2,
      total: 5,
      estimated: false,
      basis: null,
    });
  });

  it("takes the plan of the transcript before the claim", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 1, total: 3, step: "write the index" };
    const progress = measure({
      ...session(plan),
      status: sampleReading("a", { steps: { done: 2, total: 5 }, step: "older words" }),
    });
    expect(progress).toMatchObject({ done: 1, total: 3, estimated: false, activity: "write the index" });
  });

  it("knows nothing rather than 0 of 0", () => {
    expect(measure({ status: sampleReading("a") }, [])).toEqual({
      done: null,
      total: null,
      percent: null,
      estimated: false,
      basis: null,
      activity: null,
    });
  });

  it("does not estimate from fewer than 5 past delegations", () => {
    expect(measure(asked(5 * minute), past(4, { subagentType: "explore" })).done).toBeNull();
  });

  // The five took 8, 9, 10, 11 and 12 minutes: the median is 10.
  it.each([
    [0, 0],
    [5 * minute, 50],
    [9.49 * minute, 94],
    [9.5 * minute, 95],
    [10 * minute, 95],
    [10_000 * minute, 95],
  ])("estimates, %i ms after the request, %i %%", (agoMs, done) => {
    expect(measure(asked(agoMs))).toMatchObject({
      done,
      total: 100,
      estimated: true,
      basis: "5 past explore delegations",
    });
  });

  it("takes the slower of time and tools", () => {
    const oneCall = session(...called("read", { path: "a" }, false));
    expect(measure({ ...asked(9 * minute), ...oneCall }).done).toBe(10);
  });

  it("estimates by category where the kind has too few", () => {
    const request = { at: now - 5 * minute, subagentType: "writer", category: "docs" };
    const task = { delegations: [sampleDelegation({ request })] };
    expect(measure(task, past(6, { category: "docs" })).basis).toBe("6 past docs delegations");
  });

  it("learns from success only", () => {
    const failed = past(9, { subagentType: "explore" }).map((each) =>
      sampleDelegation({ ...each, result: { ...each.result, status: "failure" } }),
    );
    expect(learn(failed).size).toBe(0);
  });

  it.each([
    ["an odd number of them", 5, 10 * minute, 10],
    ["an even number of them", 6, 10.5 * minute, 10.5],
  ])("takes the middle of %s", (_, count, durationMs, tools) => {
    expect([...learn(past(count, { subagentType: "explore" }))]).toEqual([
      ["type:explore", { count, durationMs, tools }],
    ]);
  });

  it("takes the middle of whatever order", () => {
    const shuffled = [12, 8, 100, 9, 11].map((minutes, index) =>
      sampleDelegation({ requestId: `r${index}`, result: { durationMs: minutes * minute } }),
    );
    expect(learn(shuffled).get("type:explore")?.durationMs).toBe(11 * minute);
  });

  it("takes the steps of a plan of one step", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 0, total: 1, step: null };
    expect(measure(session(plan))).toMatchObject({ done: 0, total: 1 });
  });

  it("learns of kind and category apart", () => {
    const both = past(3, { subagentType: "explore", category: "search" });
    expect([...learn(both).keys()]).toEqual(["type:explore", "category:search"]);
  });

  it.each([
    ["without a duration", sampleDelegation({ result: {} })],
    ["without a request", sampleDelegation({ request: null, result: { durationMs: minute } })],
    ["without a result", sampleDelegation()],
    ["without a kind", sampleDelegation({ request: { subagentType: null }, result: { durationMs: minute } })],
  ])("learns nothing from one %s", (_, delegation) => {
    expect(learn([delegation]).size).toBe(0);
  });

  it("does not estimate from delegations that took no time", () => {
    const instant = past(5, { subagentType: "explore" }).map((each) => ({
      ...each,
      result: each.result && { ...each.result, durationMs: 0 },
    }));
    expect(measure(asked(5 * minute), instant).done).toBeNull();
  });

  it("estimates by time alone from delegations that used no tools", () => {
    const idle = past(5, { subagentType: "explore" }).map((each) => ({
      ...each,
      result: each.result && { ...each.result, toolsUsed: [] },
    }));
    expect(measure({ ...asked(5 * minute), ...session(...called("read", null)) }, idle).done).toBe(50);
  });

  it("estimates nothing below nothing, where a clock runs ahead", () => {
    expect(measure(asked(-30 * second)).done).toBe(0);
  });

  it("estimates by what the claim says of kind and category, since its start", () => {
    const status = sampleReading("a", { subagentType: "explore", createdAt: now - 5 * minute });
    expect(measure({ status })).toMatchObject({ done: 50, basis: "5 past explore delegations" });
    const docs = sampleReading("a", { category: "docs", createdAt: now - 5 * minute });
    expect(measure({ status: docs }, past(5, { category: "docs" })).basis).toBe("5 past docs delegations");
  });

  it("takes the steps of the claim where the plan has none", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 0, total: 0, step: null };
    const status = sampleReading("a", { steps: { done: 2, total: 5 } });
    expect(measure({ ...session(plan), status })).toMatchObject({ done: 2, total: 5 });
  });

  it("takes the plan of a second session where the first has none", () => {
    const plan: AgentEvent = { type: "plan_changed", at: now, done: 1, total: 3, step: null };
    const log = sampleStream("l", { source: "agent_logs", events: [plan] });
    expect(measure({ streams: [...session(...called("read", null)).streams, log] })).toMatchObject({
      done: 1,
      total: 3,
    });
  });

  it("does not estimate what has ended", () => {
    expect(measure({ delegations: [sampleDelegation({ result: {} })] }).done).toBeNull();
  });
});
