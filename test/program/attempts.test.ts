import { utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { MonitoringEvent } from "../../src/core/log/event.ts";
import { HealthReport } from "../../src/core/report/report.ts";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace } from "../support/workspace.ts";

const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 11, 7, 9, minute, second)).toISOString();

it("counts the calls of each attempt for itself, at its end and at any later look", async () => {
  const workspace = makeWorkspace();
  const lines: object[] = [];
  const claim = (status: string, madeAt: number, saidAt: number) => {
    const claim = { taskId: "bg_aa0001", status, timestamp: at(madeAt), updatedAt: at(saidAt) };
    utimesSync(workspace.status("a", claim), new Date(at(saidAt)), new Date(at(saidAt)));
  };
  const works = (minute: number, count: number, status = "success") => {
    for (let second = 0; second < count; second += 1)
      lines.push({ timestamp: at(minute, second), task_id: "bg_aa0001", tool: `t${second}`, status });
    workspace.log("tool_calls.jsonl", ...lines);
  };
  const look = (minute: number, ...words: readonly string[]) =>
    runMonitor(["--root", workspace.root, "--now", at(minute), ...words]);
  const callsAt = async (minute: number) => {
    const { stdout } = await look(minute, "--json", "--no-record");
    return HealthReport.parse(JSON.parse(stdout)).tasks[0]?.tool_calls;
  };
  for (const [begin, calls, failures] of [
    [0, 5, 3],
    [10, 2, 0],
    [20, 4, 1],
  ] as const) {
    claim("running", begin, begin);
    works(begin + 1, calls);
    await look(begin + 2);
    expect(await callsAt(begin + 3)).toBe(calls);
    works(begin + 4, failures, "failed");
    claim("failed", begin, begin + 5);
    await look(begin + 6);
    expect(await callsAt(begin + 8)).toBe(calls + failures);
  }
  const recorded = await Bun.file(workspace.path(".agents/logs/background_monitoring.jsonl")).text();
  const events = recorded
    .trimEnd()
    .split("\n")
    .map((line) => MonitoringEvent.parse(JSON.parse(line)));
  const ends = events.flatMap((event) => (event.type === "agentmonitor.task.finished.v1" ? event.data : []));
  expect(
    ends.map(({ tool_calls, tool_failures, duration_s }) => [tool_calls, tool_failures, duration_s]),
  ).toEqual([
    [8, 3, 300],
    [2, 0, 300],
    [5, 1, 300],
  ]);
});
