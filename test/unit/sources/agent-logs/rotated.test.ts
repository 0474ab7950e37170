import { cpSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agentLogs } from "../../../../src/sources/agent-logs/index.ts";
import { logOf } from "../../../../src/sources/agent-logs/paths.ts";
import type { SourceReading } from "../../../../src/sources/source.ts";
import { sourceContext } from "../../../support/source-context.ts";
import { makeWorkspace, type Workspace } from "../../../support/workspace.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
const log = ".agents/logs/calls.jsonl";

function look({ root }: Workspace, checkpoint: unknown = null): Promise<SourceReading> {
  return agentLogs.collect(sourceContext(root, now, { checkpoint }));
}

/** So many failed calls of one task, the first one so many minutes ago, one each second. */
const failures = (count: number, minutesAgo: number, more: object = {}) =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      timestamp: now - minutesAgo * 60_000 + index * 1_000,
      task_id: "bg_1",
      tool: "bash",
      status: "error",
      args: { command: `make part${index}` },
      ...more,
    }),
  )
    .map((line) => `${line}\n`)
    .join("");

const inARow = ({ streams }: SourceReading) => streams.map(({ activity }) => activity.failures.count);

describe("a log that was rotated", () => {
  it.each([
    ["calls.jsonl", "calls.jsonl"],
    ["calls.jsonl.1", "calls.jsonl"],
    ["calls.jsonl.12.gz", "calls.jsonl"],
    ["calls.3.jsonl", "calls.jsonl"],
    ["calls-2026-11-22.jsonl", "calls.jsonl"],
    ["calls_20261122.jsonl.gz", "calls.jsonl"],
    ["calls-2026-11-22T14-32-00Z.jsonl", "calls.jsonl"],
    ["calls.2026-11.jsonl", "calls.jsonl"],
    ["calls.jsonl-20261122", "calls.jsonl"],
    ["calls.jsonl.2026-11-22", "calls.jsonl"],
    ["calls.jsonl-1795357920.gz", null],
    ["calls.jsonl.1795357920", "calls.jsonl"],
    ["calls.jsonl.old", "calls.jsonl"],
    ["bg_4a5b6c.jsonl", "bg_4a5b6c.jsonl"],
    ["bg_123456.jsonl", "bg_123456.jsonl"],
    ["11111111-1111-4111-8111-111111111111.jsonl", "11111111-1111-4111-8111-111111111111.jsonl"],
    ["delegation_results-old.jsonl.gz", "delegation_results.jsonl"],
    ["calls.json", null],
  ])("is known by the name of its part %s", (part, name) => {
    expect(logOf(part)).toBe(name);
  });

  it("is not counted twice where a copy lies beside it", async () => {
    const workspace = makeWorkspace();
    const path = workspace.write(log, failures(4, 9));
    cpSync(path, `${path}.1`);
    writeFileSync(path, failures(4, 9) + failures(1, 2));
    expect(inARow(await look(workspace))).toEqual([5]);
  });

  it("goes on behind a line that is too long, however long", async () => {
    const workspace = makeWorkspace();
    workspace.write(log, `${failures(2, 9)}${"x".repeat(90 * 1024 * 1024)}\n${failures(1, 2)}`);
    const reading = await look(workspace);
    expect(inARow(reading)).toEqual([3]);
    expect(reading.problems).toMatchObject([{ code: "line_too_long", line: 3 }]);
  });
});

describe("records that are in no file any more", () => {
  it("stay known when their log was removed, and count on", async () => {
    const workspace = makeWorkspace();
    const path = workspace.write(log, failures(6, 9));
    const before = await look(workspace);
    rmSync(path);
    const gone = await look(workspace, before.checkpoint);
    expect(gone.streams).toEqual(before.streams);
    workspace.write(log, failures(1, 2));
    const after = await look(workspace, gone.checkpoint);
    expect(inARow(after)).toEqual([7]);
    expect(inARow(await look(workspace, after.checkpoint))).toEqual([7]);
  });

  it("stay known when their log was cut off at its beginning, and what is left is not counted again", async () => {
    const workspace = makeWorkspace();
    const path = workspace.write(log, failures(6, 9));
    const { checkpoint } = await look(workspace);
    writeFileSync(path, failures(6, 9).split("\n").slice(3).join("\n") + failures(1, 2));
    expect(inARow(await look(workspace, checkpoint))).toEqual([7]);
  });

  it("stay known when a result's log was removed", async () => {
    const workspace = makeWorkspace();
    workspace.log("delegation_requests.jsonl", {
      request_id: "r1",
      task_id: "bg_1",
      timestamp: now - 60_000,
    });
    workspace.log("delegation_results.jsonl", {
      request_id: "r1",
      status: "failure",
      timestamp: now - 5_000,
    });
    const before = await look(workspace);
    rmSync(workspace.path(".agents/logs/delegation_results.jsonl"));
    const after = await look(workspace, before.checkpoint);
    expect(after.delegations).toEqual(before.delegations);
    expect((await look(workspace, after.checkpoint)).delegations).toEqual(before.delegations);
  });
});

describe("a task of thousands of calls", () => {
  it("is told with all its counts, its last calls as they were", async () => {
    const workspace = makeWorkspace();
    workspace.write(log, failures(3_000, 60));
    const [{ activity } = { activity: null }] = (await look(workspace)).streams;
    expect(activity).toMatchObject({ callCount: 3_000, failureCount: 3_000, failures: { count: 3_000 } });
    expect(activity?.calls).toHaveLength(64);
    expect(activity?.calls.at(-1)?.line).toBe(3_000);
  });
});

describe("a log with a file for each day", () => {
  it("is gone on from in the newest, which its evidence names", async () => {
    const workspace = makeWorkspace();
    workspace.write(".agents/logs/calls-2026-11-21.jsonl", failures(2, 90));
    const path = workspace.write(".agents/logs/calls-2026-11-22.jsonl", failures(2, 9));
    const before = await look(workspace);
    expect(before.streams).toMatchObject([{ file: path, activity: { lastLine: 2, failures: { count: 4 } } }]);
    writeFileSync(path, failures(2, 9) + failures(1, 2));
    const after = await look(workspace, before.checkpoint);
    expect([after.newEvents, ...inARow(after)]).toEqual([2, 5]);
  });
});
