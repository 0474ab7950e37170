import { describe, expect, it } from "vitest";
import { recall } from "../../../../src/core/log/recall.ts";
import { parseRecalled } from "../../../../src/core/log/recalled-event.ts";

const envelope = { id: "1", time: "2026-11-22T14:32:00Z" };
const whose = {
  reader: "ada@host",
  task_id: null,
  title: "Task A",
  session_id: null,
  worktree: null,
  agent_kind: "codex",
  agent_name: null,
  category: "search",
};
const run = {
  ...envelope,
  type: "agentmonitor.run.v1",
  data: {
    reader: "ada@host",
    trigger: "cron",
    interval_s: 240,
    tasks: { bg_1: "healthy/recent_activity" },
    told: null,
    unseen: {},
  },
};
const changed = {
  ...envelope,
  type: "agentmonitor.task.health_changed.v1",
  subject: "bg_1",
  source: "/agent-monitor/host/shop",
  data: {
    ...whose,
    run_id: "r",
    to: "stuck",
    reason: "no_activity",
    error_type: null,
    tools: ["edit"],
  },
};
const still = {
  ...envelope,
  type: "agentmonitor.task.health_still.v1",
  subject: "bg_1",
  source: "/agent-monitor/host/shop",
  data: whose,
};
const end = {
  ...envelope,
  type: "agentmonitor.task.finished.v1",
  subject: "bg_1",
  source: "/agent-monitor/host/shop",
  data: {
    ...whose,
    request_id: null,
    outcome: "success",
    reason: "turn_over",
    started_at: envelope.time,
    ended_at: envelope.time,
    last_activity_at: null,
    duration_s: 0,
    tool_calls: 4,
    tool_failures: 1,
    tokens: { input: 90_000, output: 800 },
    cost_usd: 0.4,
    error_type: null,
  },
};

describe("parseRecalled", () => {
  it.each([
    ["a run", run],
    ["a run that told", { ...run, data: { ...run.data, told: { bg_1: "stuck" } } }],
    ["a change", changed],
    ["a lasting trouble", still],
    ["a run that saw what the one before did", { ...run, data: { ...run.data, tasks: null } }],
    ["an end", end],
  ])("reads %s, and leaves out what it does not need", (_, event) => {
    expect(parseRecalled({ ...event, specversion: "1.0", more: 1 })).toEqual(event);
  });

  it("reads an end of an older version, which tells no tokens", () => {
    const { tokens: _, cost_usd: __, ...data } = end.data;
    expect(parseRecalled({ ...end, data })).toEqual({
      ...end,
      data: { ...data, tokens: null, cost_usd: null },
    });
  });

  it.each([
    ["tokens that are none", { tokens: { input: "1", output: 2 } }, { tokens: null }],
    ["less than nothing", { duration_s: -5, cost_usd: -1 }, { duration_s: null, cost_usd: null }],
  ])("takes %s for not known", (_, odd, plain) => {
    expect(parseRecalled({ ...end, data: { ...end.data, ...odd } })?.data).toEqual({ ...end.data, ...plain });
  });

  it("takes tools that are no names for none", () => {
    expect(parseRecalled({ ...changed, data: { ...changed.data, tools: ["edit", 7] } })).toEqual(changed);
    expect(parseRecalled({ ...changed, data: { ...changed.data, tools: 7 } })).toMatchObject({
      data: { tools: [] },
    });
  });

  it.each([
    ["no object", 7],
    ["another type", { ...still, type: "agentmonitor.task.other.v1" }],
    ["no id", { ...run, id: 5 }],
    ["a local time", { ...run, time: "2026-11-22T14:32:00+01:00" }],
    ["no subject", { ...still, subject: null }],
    ["no trigger", { ...run, data: { ...run.data, trigger: null } }],
    ["no tasks", { ...run, data: { ...run.data, tasks: [] } }],
    ["a state that is no text", { ...run, data: { ...run.data, tasks: { bg_1: 7 } } }],
    ["nothing told", { ...run, data: { ...run.data, told: undefined } }],
    ["an unknown health", { ...changed, data: { ...changed.data, to: "fine" } }],
    ["no run", { ...changed, data: { ...changed.data, run_id: null } }],
    ["an unknown outcome", { ...end, data: { ...end.data, outcome: "fine" } }],
    ["no reason", { ...changed, data: { ...changed.data, reason: null } }],
  ])("refuses an event with %s", (_, event) => {
    expect(parseRecalled(event)).toBeNull();
  });

  it("takes what older versions wrote for everybody's", () => {
    const { reader: _, interval_s: __, ...older } = run.data;
    expect(parseRecalled({ ...run, data: older })).toMatchObject({ data: { reader: "", interval_s: null } });
  });

  it("gives an impossible time to a history that passes it over", () => {
    const event = parseRecalled({ ...run, time: "2026-99-99T99:99:99Z" }) ?? expect.unreachable();
    expect(recall([event], Date.parse("2030-01-01T00:00:00Z")).readers.size).toBe(0);
  });
});
