import { rmSync, utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { HealthReport } from "../../src/core/report/report.ts";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const at = (clock: string) => `2026-12-07T${clock}:00Z`;
const gone = (clock: string) =>
  `Note: Parser (bg_aa0001) is gone with its worktree; it was healthy at ${clock}\n`;

/** A task whose launcher writes its status file each minute. */
function write(workspace: Workspace, clock: string, part: object = {}) {
  const status = { status: "running", timestamp: at("09:00"), updatedAt: at(clock), taskId: "bg_aa0001" };
  const path = workspace.status("a", { ...status, title: "Parser", ...part });
  utimesSync(path, new Date(at(clock)), new Date(at(clock)));
}

async function look(workspace: Workspace, clock: string, ...words: readonly string[]): Promise<string> {
  return (await runMonitor(["--root", workspace.root, "--now", at(clock), ...words], { env: { TZ: "UTC" } }))
    .stdout;
}

it("tells once of an open task that left with its worktree, to each reader and in the report", async () => {
  const workspace = makeWorkspace();
  const readers = [["--changed"], ["--changed", "--reader", "chat"]];
  write(workspace, "09:03");
  for (const words of readers) expect(await look(workspace, "09:04", ...words)).toBe("");
  rmSync(workspace.path(".worktrees/a"), { recursive: true });
  expect(await look(workspace, "09:08", "--no-record")).toContain(gone("09:04"));
  const { tasks, collected } = HealthReport.parse(
    JSON.parse(await look(workspace, "09:08", "--no-record", "--json")),
  );
  expect([tasks, collected.sources.flatMap(({ notes }) => notes)]).toEqual([
    [],
    [expect.stringContaining("is gone with its worktree")],
  ]);
  for (const words of readers) expect(await look(workspace, "09:08", ...words)).toBe(gone("09:04"));
  for (const words of readers) expect(await look(workspace, "09:12", ...words)).toBe("");
});

it.each<[string, (workspace: Workspace) => void]>([
  ["that had ended", (workspace) => write(workspace, "09:03", { status: "completed" })],
  [
    "whose log goes on",
    (workspace) => {
      write(workspace, "09:03");
      const call = { task_id: "bg_aa0001", tool: "edit", status: "success" };
      workspace.log("tool_calls.jsonl", { ...call, timestamp: at("09:02") });
    },
  ],
])("tells no such thing of a task %s", async (_, begin) => {
  const workspace = makeWorkspace();
  begin(workspace);
  await look(workspace, "09:04", "--changed");
  rmSync(workspace.path(".worktrees/a"), { recursive: true });
  expect(await look(workspace, "09:08", "--changed")).not.toContain("is gone with its worktree");
});

it.each(["constructor", "toString", "__proto__"])(
  "looks again at a task that ended and is called %s",
  async (taskId) => {
    const workspace = makeWorkspace();
    write(workspace, "09:03", { taskId, status: "completed" });
    for (const clock of ["09:04", "09:08", "09:12"])
      expect(await look(workspace, clock)).toContain("Completed");
    rmSync(workspace.path(".worktrees/a"), { recursive: true });
    expect(await look(workspace, "09:16")).not.toContain("is gone with its worktree");
  },
);

it("tells no such thing of a worktree that only lost its status file for a moment", async () => {
  const workspace = makeWorkspace();
  write(workspace, "09:03");
  await look(workspace, "09:04", "--changed");
  rmSync(workspace.path(".worktrees/a/status.json"));
  expect(await look(workspace, "09:08", "--changed")).toBe("");
});
