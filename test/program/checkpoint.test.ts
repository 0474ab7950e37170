import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const nowText = "2026-11-22T14:32:00Z";
const now = Date.parse(nowText);
const file = ".agents/logs/.monitor-checkpoint.json";

function workspaceWithCalls(calls = 3): Workspace {
  const workspace = makeWorkspace();
  workspace.status("a", { taskId: "bg_1", status: "running", timestamp: now - 60_000 });
  workspace.log("delegation_requests.jsonl", { request_id: "r1", task_id: "bg_1", timestamp: now - 90_000 });
  workspace.log(
    "calls.jsonl",
    ...Array.from({ length: calls }, (_, index) => calls - index).map((ago) => ({
      request_id: "r1",
      tool: "edit",
      timestamp: now - ago * 10_000,
      ok: false,
      error: "no",
    })),
    "a bad line",
  );
  return workspace;
}
/** The report without what differs from run to run: where it was, its id, its duration, and what the event log remembers. */
async function look({ root }: Workspace, ...words: readonly string[]) {
  const { stdout, stderr, exitCode } = await runMonitor([
    "--root",
    root,
    "--now",
    nowText,
    "--json",
    ...words,
  ]);
  const { run, collected, ...report } = JSON.parse(stdout.replaceAll(root, ""));
  const told = {
    ...report,
    tasks: report.tasks.map(({ since, confirmed, ...task }: Record<string, unknown>) => task),
  };
  const news = collected.sources.map((source: { new_events: number }) => source.new_events);
  return { told, news: Math.max(...news), stderr, exitCode };
}

describe("the checkpoint of the real program", () => {
  it("makes a second run find nothing new and say the same", async () => {
    const workspace = workspaceWithCalls();
    const first = await look(workspace);
    const second = await look(workspace);
    expect([first.news > 0, second.news, second.told]).toEqual([true, 0, first.told]);
    expect(lstatSync(workspace.path(file)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["cut in half", (text: string) => text.slice(0, text.length / 2)],
    ["changed by hand", (text: string) => text.replace("bg_1", "bg_2")],
    ["empty", () => ""],
    ["another program's", () => "{}"],
  ])("is left aside when it is %s", async (_, harm) => {
    const workspace = workspaceWithCalls();
    const first = await look(workspace);
    writeFileSync(workspace.path(file), harm(readFileSync(workspace.path(file), "utf8")));
    const second = await look(workspace);
    expect([second.told, second.news, second.stderr]).toEqual([first.told, first.news, ""]);
  });

  it("is left aside, and named, when its hash holds but nothing can be made of it", async () => {
    const workspace = workspaceWithCalls(30);
    const first = await look(workspace);
    const [, body = ""] = readFileSync(workspace.path(file), "utf8").split("\n");
    const harmed = body.replaceAll(/"keys":\{.*?\},/g, "");
    const hash = Bun.hash(harmed).toString(36);
    writeFileSync(workspace.path(file), `{"checkpoint":1,"hash":"${hash}"}\n${harmed}`);
    const { told, news, exitCode } = await look(workspace);
    expect([told.tasks, news, exitCode]).toEqual([first.told.tasks, first.news, 0]);
    expect(told.problems).toContainEqual(expect.objectContaining({ code: "unknown_format", path: file }));
  });

  it("is left aside when it holds what may not be printed", async () => {
    const workspace = workspaceWithCalls(30);
    const first = await look(workspace);
    const [, body = ""] = readFileSync(workspace.path(file), "utf8").split("\n");
    const harmed = body.replace('"message":"no"', '"message":"\\u001b[2J\\u202e"');
    const hash = Bun.hash(harmed).toString(36);
    writeFileSync(workspace.path(file), `{"checkpoint":1,"hash":"${hash}"}\n${harmed}`);
    const second = await look(workspace);
    expect([harmed === body, second.told, second.news]).toEqual([false, first.told, first.news]);
  });

  it("is not taken from another project", async () => {
    const [one, other] = [workspaceWithCalls(), workspaceWithCalls()];
    const first = await look(one);
    writeFileSync(other.path(file), readFileSync(one.path(file)));
    expect(await look(other)).toEqual(first);
  });

  // Only root can give a file away.
  it.skipIf(process.getuid?.() !== 0).each<[string, (path: string) => void]>([
    ["its group", (path) => chmodSync(path, 0o620)],
    ["everybody", (path) => chmodSync(path, 0o602)],
    ["another user, whose it is,", (path) => chownSync(path, 65_534, 0)],
  ])("is left aside when %s may write it", async (_, harm) => {
    const workspace = workspaceWithCalls();
    const first = await look(workspace);
    harm(workspace.path(file));
    const second = await look(workspace);
    expect([second.told, second.news]).toEqual([first.told, first.news]);
  });

  it("is not followed where a link stands in its place, but replaced", async () => {
    const workspace = workspaceWithCalls();
    workspace.write("elsewhere", "mine");
    symlinkSync(workspace.path("elsewhere"), workspace.path(file));
    await look(workspace);
    expect([
      readFileSync(workspace.path("elsewhere"), "utf8"),
      lstatSync(workspace.path(file)).isFile(),
    ]).toEqual(["mine", true]);
  });

  it("is not used by a look at an earlier moment, nor made without recording", async () => {
    const workspace = workspaceWithCalls();
    const first = await look(workspace, "--no-record");
    expect(readdirSync(workspace.path(".agents/logs"))).not.toContain(".monitor-checkpoint.json");
    await runMonitor(["--root", workspace.root, "--now", "2026-11-29T14:32:00Z"]);
    expect(await look(workspace, "--no-record")).toEqual(first);
  });

  it("stays whole when several runs look at once", async () => {
    const workspace = workspaceWithCalls();
    const runs = await Promise.all([1, 2, 3, 4].map(() => look(workspace)));
    expect(new Set(runs.map(({ told }) => JSON.stringify(told))).size).toBe(1);
    const after = await look(workspace);
    expect([after.news, after.told]).toEqual([0, runs[0]?.told]);
    expect(
      readdirSync(workspace.path(".agents/logs")).filter((name) => name.startsWith(".monitor")),
    ).toHaveLength(1);
  });
});
