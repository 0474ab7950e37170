import { expect, it } from "vitest";
import type { AgentEvent } from "../../../../../src/core/evidence/agent-event.ts";
import { assess } from "../../../../../src/core/verdict/health.ts";
import { findingDetails, findingMessage } from "../../../../../src/core/verdict/words.ts";
import { minute, now } from "../../../../support/sample-clock.ts";
import { call, failures } from "../../../../support/sample-events.ts";
import { transcript } from "../../../../support/sample-stream.ts";
import { sampleTask } from "../../../../support/sample-task.ts";

const judge = (events: readonly AgentEvent[], from: number) =>
  assess(sampleTask({ streams: [transcript(...events)] }), now, {
    failures: from,
    stuckAfterMs: 15 * minute,
  });

it.each([
  ["2 failures", failures(2), 3, "healthy"],
  ["3 failures", failures(3), 3, "struggling"],
  ["3 failures where 4 are asked for", failures(3), 4, "healthy"],
  ["1 failure where 1 is asked for", failures(1), 1, "struggling"],
  ["a success behind them", [...failures(3), ...call(0, "ok")], 3, "healthy"],
])("compares failed calls in a row with --failures: %s", (_, events, from, health) => {
  expect(judge(events, from).health).toBe(health);
});

it("names the tools and the last error", () => {
  const { verdict, facts } = judge(failures(3), 3);
  expect(verdict.finding).toMatchObject({ code: "tool_failures", count: 3, threshold: 3 });
  expect(findingMessage(verdict.finding, facts)).toBe("3 tool failures detected");
  expect(findingDetails(verdict.finding, facts)).toHaveLength(1);
});
