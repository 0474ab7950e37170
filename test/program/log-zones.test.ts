import { utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace } from "../support/workspace.ts";

const now = "2026-11-28T12:00:00Z";
const writtenAt = new Date("2026-11-28T11:58:12Z");

it.each([
  ["in New York by its clock", "America/New_York", "2026-11-28T06"],
  ["in Berlin by its clock", "Europe/Berlin", "2026-11-28 12"],
  ["in New York in UTC", "America/New_York", "2026-11-28T11"],
  ["in Berlin in UTC", "Europe/Berlin", "2026-11-28 11"],
])("a log without zones that is written %s shows the work of two minutes ago", async (_, zone, hour) => {
  const workspace = makeWorkspace();
  workspace.status("a", { taskId: "bg_1", status: "running", timestamp: "2026-11-28T11:30:00Z" });
  const call = { task_id: "bg_1", tool: "edit", status: "success" };
  const times = ["30:10", "45:10", "58:10"].map((rest) => `${hour}:${rest}`);
  const file = workspace.log("calls.jsonl", ...times.map((timestamp) => ({ ...call, timestamp })));
  utimesSync(file, writtenAt, writtenAt);
  const words = ["--root", workspace.root, "--now", now, "--no-record", "--json"];
  const { stdout, exitCode } = await runMonitor(words, { env: { TZ: zone } });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).tasks).toMatchObject([{ health: "healthy", idle_s: 110, tool_calls: 3 }]);
});
