import { appendFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agentLogs } from "../../../../src/sources/agent-logs/index.ts";
import type { SourceReading } from "../../../../src/sources/source.ts";
import { sourceContext } from "../../../support/source-context.ts";
import { makeWorkspace, type Workspace } from "../../../support/workspace.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
const day = 86_400_000;

function look({ root }: Workspace, at: number, checkpoint: unknown = null): Promise<SourceReading> {
  return agentLogs.collect(sourceContext(root, at, { checkpoint }));
}

const told = ({ streams, problems, skippedLines }: SourceReading) => ({ streams, problems, skippedLines });

/** One call of a task a day ago `daysAgo`, some hundred bytes long. */
const call = (daysAgo: number, index: number, more: object = {}) =>
  `${JSON.stringify({
    timestamp: new Date(now - daysAgo * day + index * 1_000).toISOString(),
    task_id: `bg_${Math.floor(daysAgo)}`,
    tool: "edit",
    args: { path: `src/${index}.ts` },
    status: index % 3 === 0 ? "failure" : "success",
    result: `${index} ${"x".repeat(600)}`,
    ...more,
  })}\n`;

/** So many calls of each day, the oldest first: some megabytes. */
const days = (first: number, last: number, each = 150) =>
  Array.from({ length: first - last + 1 }, (_, index) => first - index).flatMap((daysAgo) =>
    Array.from({ length: each }, (_, index) => call(daysAgo, index)),
  );

/** Writes some days at a time, each with a bad line, and looks after each; what the last look kept. */
async function follow(
  workspace: Workspace,
  path: string,
  parts: readonly (readonly [first: number, last: number])[],
): Promise<unknown> {
  let checkpoint: unknown = null;
  for (const [first, last] of parts) {
    appendFileSync(path, `${days(first, last).join("")}garbage\n`);
    checkpoint = (await look(workspace, now - (last - 1) * day, checkpoint)).checkpoint;
  }
  return checkpoint;
}

describe("a log of months", () => {
  it("keeps its line numbers although what is too old says nothing", async () => {
    const workspace = makeWorkspace();
    const lines = days(60, 1);
    workspace.write(".agents/logs/calls.jsonl", lines.join(""));
    const { streams } = await look(workspace, now);
    expect(streams.map(({ activity }) => [activity.callCount, activity.lastLine])).toEqual(
      expect.arrayContaining([[150, lines.length]]),
    );
  });

  it("counts as lines what is too long, torn or without its newline", async () => {
    const workspace = makeWorkspace();
    const lines = [...days(60, 40), "\n", '{"torn\n', `${"z".repeat(11 * 1024 * 1024)}\n`, ...days(39, 1)];
    workspace.write(".agents/logs/calls.jsonl", `${lines.join("")}{"not yet`);
    const reading = await look(workspace, now);
    expect(Math.max(...reading.streams.map(({ activity }) => activity.lastLine ?? 0))).toBe(lines.length);
    expect(reading.problems.map(({ code, line }) => [code, line])).toEqual([
      ["bad_line", 3_152],
      ["line_too_long", 3_153],
    ]);
  });

  it("is told of tasks whose records stand out of order", async () => {
    const workspace = makeWorkspace();
    workspace.write(
      ".agents/logs/calls.jsonl",
      [call(1, 7, { task_id: "bg_early" }), ...days(50, 20), ...days(60, 1)].join(""),
    );
    const { streams } = await look(workspace, now);
    expect(streams.map(({ identity }) => identity.taskId)).toContain("bg_early");
  });

  it("is told the same by a look that followed it from its beginning", async () => {
    const workspace = makeWorkspace();
    const path = workspace.write(".agents/logs/calls.jsonl", '{"garbage": \n');
    const checkpoint = await follow(workspace, path, [
      [60, 41],
      [40, 16],
      [15, 3],
      [2, 1],
    ]);
    const [warm, cold] = [await look(workspace, now, checkpoint), await look(workspace, now)];
    expect(told(warm)).toEqual(told(cold));
    expect(cold.skippedLines).toBe(5);
  });
});
