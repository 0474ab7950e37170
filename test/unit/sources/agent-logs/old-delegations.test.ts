import { appendFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agentLogs } from "../../../../src/sources/agent-logs/index.ts";
import { sourceContext } from "../../../support/source-context.ts";
import { makeWorkspace, type Workspace } from "../../../support/workspace.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
const day = 86_400_000;

function collect({ root }: Workspace, claimed: readonly string[] = [], checkpoint: unknown = null) {
  return agentLogs.collect(sourceContext(root, now, { claimedNames: new Set(claimed), checkpoint }));
}

/** A request a day, the last one yesterday, each with its result an hour later. */
function delegationsOf(days: number): Workspace {
  const workspace = makeWorkspace();
  const each = Array.from({ length: days }, (_, index) => ({
    request_id: `r${days - index}`,
    task_id: `bg_${days - index}`,
    at: now - (days - index) * day,
  }));
  workspace.log(
    "delegation_requests.jsonl",
    ...each.map(({ at, ...ids }) => ({ ...ids, timestamp: at, subagent_type: "explore" })),
  );
  workspace.log(
    "delegation_results.jsonl",
    ...each.map(({ at, ...ids }) => ({ ...ids, timestamp: at + 3_600_000, status: "failure" })),
  );
  return workspace;
}

const append = ({ path }: Workspace, name: string, record: object) =>
  appendFileSync(path(`.agents/logs/${name}`), `${JSON.stringify(record)}\n`);
const idsOf = (delegations: readonly { readonly requestId: string }[]) =>
  delegations.map(({ requestId }) => requestId);

describe("delegation logs of months", () => {
  it("tell those that ended since yesterday", async () => {
    const { delegations, newEvents } = await collect(delegationsOf(200));
    expect(idsOf(delegations)).toEqual(["r1"]);
    expect(newEvents).toBe(400);
  });

  it("tell an old one that a status file names", async () => {
    const { delegations } = await collect(delegationsOf(200), ["task bg_150"]);
    expect(idsOf(delegations)).toContain("r150");
  });

  it("tell an old one that a recent call names", async () => {
    const workspace = delegationsOf(200);
    workspace.log("calls.jsonl", { request_id: "r150", tool: "edit", timestamp: now - 60_000 });
    const { delegations, streams } = await collect(workspace);
    expect(idsOf(delegations)).toContain("r150");
    expect(streams.map(({ identity }) => identity.taskId)).toEqual(["bg_150"]);
  });

  it("tell the calls of an ended task again once its request turns out to be of another", async () => {
    const workspace = delegationsOf(3);
    workspace.log("calls.jsonl", { task_id: "bg_3", tool: "edit", timestamp: now - 3 * day });
    const { checkpoint } = await collect(workspace);
    append(workspace, "delegation_requests.jsonl", { request_id: "r3", task_id: "bg_1", timestamp: now });
    const warm = await collect(workspace, [], checkpoint);
    expect(warm.streams).toEqual((await collect(workspace)).streams);
  });

  it("tell an old one that a status file names only later", async () => {
    const workspace = delegationsOf(200);
    const { checkpoint } = await collect(workspace);
    const { delegations } = await collect(workspace, ["task bg_150"], checkpoint);
    expect(idsOf(delegations)).toContain("r150");
  });

  it("tell an old one whose task is asked for again", async () => {
    const workspace = delegationsOf(200);
    const { checkpoint } = await collect(workspace);
    append(workspace, "delegation_requests.jsonl", { request_id: "again", task_id: "bg_9", timestamp: now });
    const { delegations } = await collect(workspace, [], checkpoint);
    expect(idsOf(delegations)).toEqual(["again", "r1", "r9"]);
  });

  it("are not read again for one that nothing was said of", async () => {
    const workspace = delegationsOf(200);
    const { checkpoint } = await collect(workspace);
    append(workspace, "delegation_requests.jsonl", { request_id: "new", task_id: "bg_new", timestamp: now });
    const { delegations, newEvents } = await collect(workspace, ["task bg_new"], checkpoint);
    expect(idsOf(delegations)).toEqual(["new", "r1"]);
    expect(newEvents).toBe(1);
  });

  it("tell an old one whose result comes a second time, with its request", async () => {
    const workspace = delegationsOf(200);
    append(workspace, "delegation_results.jsonl", {
      request_id: "r150",
      status: "success",
      timestamp: now - 60_000,
    });
    const { delegations } = await collect(workspace);
    expect(delegations.find(({ requestId }) => requestId === "r150")).toMatchObject({
      taskId: "bg_150",
      request: { subagentType: "explore" },
      result: { status: "success" },
    });
  });

  it("name a line that is too long once, and the records around it", async () => {
    const workspace = delegationsOf(3);
    append(workspace, "delegation_requests.jsonl", {
      request_id: "long",
      prompt_summary: "x".repeat(11 * 1024 ** 2),
    });
    append(workspace, "delegation_requests.jsonl", { request_id: "last", task_id: "bg_last" });
    const { delegations, problems } = await collect(workspace);
    expect(idsOf(delegations)).toEqual(["last", "r1"]);
    expect(problems).toEqual([
      expect.objectContaining({
        code: "line_too_long",
        path: ".agents/logs/delegation_requests.jsonl",
        line: 4,
      }),
    ]);
  });
});
