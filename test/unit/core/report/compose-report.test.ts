import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { composeReport, type ReportContext } from "../../../../src/core/report/compose-report.ts";
import { HealthReport } from "../../../../src/core/report/report.ts";
import { noTasks } from "../../../support/recorded.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { asked, ended } from "../../../support/sample-events.ts";
import { sampleContext } from "../../../support/sample-report.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { assessNow, claim } from "../../../support/sample-task.ts";

const problem = {
  code: "unreadable",
  path: "x",
  line: null,
  column: null,
  message: "cannot be read",
} as const;
const source = (outcome: "read" | "absent" | "denied" | "failed") => ({
  id: outcome,
  outcome,
  reason: null,
  streams: 0,
  new_events: 0,
  skipped_lines: 0,
  newest_version: null,
  notes: [],
});

function reportOf(tasks: readonly Partial<Task>[], given: Partial<ReportContext> = {}): HealthReport {
  const assessments = tasks.map((task) => assessNow(task));
  return composeReport(assessments, sampleContext(now, { isCheck: true, ...given })).report;
}

const task = (id: string, agoMs: number, ...events: readonly AgentEvent[]): Partial<Task> => ({
  key: id,
  id,
  streams: [sampleStream(id, { events: [{ type: "active", at: now - agoMs }, ...events] })],
});
const failed = (agoMs: number): AgentEvent => ({
  type: "call_ended",
  at: now - agoMs,
  callId: null,
  tool: "bash",
  outcome: "failed",
  output: null,
});
const healthy = task("healthy", minute);
const unknown: Partial<Task> = { key: "unknown", id: "unknown" };
const struggling = task("struggling", hour, failed(3), failed(2), failed(1));
const stuck = task("stuck", hour);
const waiting = task("waiting", hour, asked(0, "question"));
const broken = task("failed", hour, ended(0, "failure"));
const cancelled = task("cancelled", hour, ended(0, "cancelled"));
const completed = task("completed", hour, ended(0, "success"));
const all = [completed, cancelled, healthy, unknown, struggling, stuck, waiting, broken];

describe("the order of a report", () => {
  const order = ["failed", "waiting", "stuck", "struggling", "unknown", "healthy", "cancelled", "completed"];

  it.each([
    ["as they come", all],
    ["the other way round", [...all].reverse()],
  ])("is that of their health, %s", (_, tasks) => {
    expect(reportOf(tasks).tasks.map(({ id }) => id)).toEqual(order);
  });

  it.each([
    ["the oldest first", [task("a", minute), task("b", 2 * minute), task("c", 3 * minute)], ["c", "b", "a"]],
    [
      "of two equally old ones by name",
      [task("b", minute), task("a", minute), task("c", minute)],
      ["a", "b", "c"],
    ],
    [
      "what never began before all others",
      [
        { key: "new", id: "new", ...claim({ createdAt: now - 2 * minute }) },
        { key: "never", id: "never", ...claim({ createdAt: null }) },
      ],
      ["never", "new"],
    ],
  ])("has within a health %s", (_, tasks, ids) => {
    expect(reportOf(tasks).tasks.map(({ id }) => id)).toEqual(ids);
  });
});

describe("the numbers of a report", () => {
  it("sum to the total", () => {
    expect(reportOf([...all, { ...healthy, id: "h2", key: "h2" }]).summary).toEqual({
      total: 9,
      failed: 1,
      waiting: 1,
      stuck: 1,
      struggling: 1,
      unknown: 1,
      healthy: 2,
      cancelled: 1,
      completed: 1,
    });
  });

  it("are all there where there is no task", () => {
    expect(reportOf([]).summary).toEqual(noTasks);
  });

  it("tell the thresholds that were used", () => {
    const given = { options: { failures: 4, stuckAfterMs: 90_999 } };

    expect(reportOf([], given).thresholds).toEqual({
      tool_failures_in_a_row: 4,
      stuck_after_s: 90,
      stuck_after_open_tool_s: 181,
      confirm_runs: 2,
    });
  });
});

describe("the verdict of a report", () => {
  it.each([
    ["nothing", [], "ok", 0, 0],
    ["well", [healthy, completed, cancelled], "ok", 0, 0],
    ["unknown", [healthy, unknown], "unknown", 3, 1],
    ["struggling", [unknown, struggling], "warning", 1, 2],
    ["stuck", [healthy, stuck], "warning", 1, 1],
    ["waiting", [healthy, waiting], "warning", 1, 1],
    ["failed", all, "critical", 2, 5],
  ])("is the worst of all: %s", (_, tasks, state, exitCode, attention) => {
    expect(reportOf(tasks).verdict).toEqual({ state, exit_code: exitCode, needs_attention: attention });
  });

  it.each([
    ["a problem", { problems: [problem] }, 3],
    ["a source that failed", { collected: { ...reportOf([]).collected, sources: [source("failed")] } }, 3],
    [
      "a source that may not be read",
      { collected: { ...reportOf([]).collected, sources: [source("denied")] } },
      3,
    ],
    [
      "sources that were read or are absent",
      { collected: { ...reportOf([]).collected, sources: [source("read"), source("absent")] } },
      0,
    ],
  ])("counts %s as unreadable or not", (_, given, exitCode) => {
    expect(reportOf([healthy], given).verdict.exit_code).toBe(exitCode);
  });

  it("is trustworthy without --check whatever was found", () => {
    expect(reportOf(all, { isCheck: false, problems: [problem] }).verdict.exit_code).toBe(0);
  });
});

it.each([
  [0, true],
  [3, true],
  [4, false],
  [-1, false],
])("takes %i for an exit code or not", (code, isOne) => {
  const report = reportOf([]);
  const verdict = { ...report.verdict, exit_code: code };
  expect(HealthReport.safeParse({ ...report, verdict }).success).toBe(isOne);
});
