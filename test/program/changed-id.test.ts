import { utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const at = (clock: string) => `2026-12-07T${clock}:00Z`;
const begun = { status: "running", timestamp: at("09:00"), updatedAt: at("09:00"), title: "Parser" };
const over = { ...begun, status: "failed", updatedAt: at("09:07"), error: "no disk left" };

/** A status file as its task's launcher leaves it: written at its last time. */
function write(workspace: Workspace, status: typeof begun & { taskId?: string | undefined }) {
  const writtenAt = new Date(status.updatedAt);
  utimesSync(workspace.status("a", status), writtenAt, writtenAt);
}

async function look(workspace: Workspace, clock: string, ...words: readonly string[]): Promise<string> {
  const given = ["--root", workspace.root, "--now", at(clock), ...words];
  return (await runMonitor(given.includes("--review") ? given : [...given, "--changed"])).stdout;
}

it.each([
  ["is changed", "bg_aa0001", "bg_aa0001-final"],
  ["comes late", undefined, "bg_aa0001"],
  ["is taken away", "bg_aa0001", undefined],
])("tells and counts an end once whose id %s", async (_, id, otherId) => {
  const workspace = makeWorkspace();
  workspace.log("tool_calls.jsonl", {
    timestamp: at("09:03"),
    task_id: id ?? "bg_other",
    tool: "edit",
    status: "success",
    args: { path: "src/a.ts" },
  });
  write(workspace, { ...begun, taskId: id });
  expect(await look(workspace, "09:04")).toBe("");
  write(workspace, { ...over, taskId: id });
  expect(await look(workspace, "09:08")).toContain("Failed");
  write(workspace, { ...over, taskId: otherId });
  expect(await look(workspace, "09:12")).toBe("");
  const review = JSON.parse(await look(workspace, "09:30", "--review", "1d", "--json"));
  expect(review.outcomes.failure).toBe(1);
});

it("tells the next task in the same place as one of its own", async () => {
  const workspace = makeWorkspace();
  write(workspace, { ...over, taskId: "bg_aa0001" });
  expect(await look(workspace, "09:08")).toContain("bg_aa0001");
  write(workspace, { ...over, taskId: "bg_aa0002", timestamp: at("09:09"), updatedAt: at("09:11") });
  expect(await look(workspace, "09:12")).toContain("(bg_aa0002): ✗ Failed");
});
