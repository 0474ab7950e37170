import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { readEventLog } from "../../src/io/event-log.ts";
import { look, nowText, status, workspaceWith } from "../support/filled-workspace.ts";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const eventLog = ".agents/logs/background_monitoring.jsonl";

/** Every file and folder below, with size and time of change. */
const contents = ({ root }: Workspace) =>
  Bun.spawnSync(["find", root, "-printf", "%P %y %s %T@ %C@\n"]).stdout.toString();

describe("the record", () => {
  it("is not made with --no-record, nor anything else", async () => {
    const workspace = workspaceWith("healthy", "failed", "unreadable", "a bad line");
    const before = contents(workspace);
    await look(workspace, "--json");
    await look(workspace, "--check", "--quiet");
    expect(contents(workspace)).toBe(before);
  });

  it("is one run and what changed, in a folder made for it", async () => {
    const workspace = workspaceWith("healthy", "failed");
    const { exitCode } = await runMonitor(["--root", workspace.root, "--now", nowText]);
    const { events, skippedLines } = readEventLog(workspace.path(eventLog));
    expect([exitCode, skippedLines]).toEqual([0, 0]);
    expect(events.map(({ type }) => type.split(".").at(-2))).toEqual([
      "health_changed",
      "finished",
      "health_changed",
      "run",
    ]);
  });

  it("costs the exit code but not the report when it cannot be written", async () => {
    const workspace = workspaceWith("healthy");
    mkdirSync(workspace.path(eventLog), { recursive: true });
    const { exitCode, stdout, stderr } = await runMonitor(["--root", workspace.root, "--now", nowText]);
    expect([exitCode, stdout.split("\n").at(-2)]).toEqual([3, "1 task: 1 healthy"]);
    expect(stderr).toMatch(/^monitor: [^\n]*background_monitoring\.jsonl[^\n]*--no-record\n$/);
  });

  it("tells status files of one folder apart by their names", async () => {
    const workspace = workspaceWith();
    workspace.write("jobs/a.json", JSON.stringify(status("completed")));
    workspace.write("jobs/b.json", JSON.stringify(status("failed")));
    const words = ["--root", workspace.root, "--now", nowText, "--worktrees", "jobs/*.json"];
    const { stdout } = await runMonitor(words);
    expect(stdout).toMatch(/^\[14:32\] b\.json \(jobs\): ✗ Failed/);
    expect((await runMonitor([...words, "--changed"])).stdout).toBe("");
    expect((await runMonitor([...words, "--explain", "jobs/b.json"])).stdout).toMatch(/^b\.json/);
    const { events } = readEventLog(workspace.path(eventLog));
    const finished = events.flatMap((event) =>
      event.type === "agentmonitor.task.finished.v1" ? [event.subject] : [],
    );
    expect(finished).toEqual(["jobs/b.json", "jobs/a.json"]);
  });

  it.each([
    ["beside it", "background_monitoring.jsonl.1", []],
    ["and packed", "background_monitoring-20261122.jsonl.gz", []],
    ["into an archive, and the checkpoint is gone", "archive/background_monitoring.jsonl", ["checkpoint"]],
  ])("goes on behind what a rotation moved away, %s", async (_, part, lost) => {
    const workspace = workspaceWith("healthy", "failed");
    const words = ["--root", workspace.root, "--now", nowText, "--changed"];
    expect((await runMonitor(words)).stdout).toContain("✗ Failed");
    const text = readFileSync(workspace.path(eventLog));
    rmSync(workspace.path(eventLog));
    const content = part.endsWith(".gz") ? Bun.gzipSync(text) : text;
    workspace.write(`.agents/logs/${part}`, content);
    for (const name of lost) rmSync(workspace.path(`.agents/logs/.monitor-${name}.json`));
    expect(await runMonitor(words)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(await runMonitor(words)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const { events } = readEventLog(workspace.path(eventLog));
    expect(events.map(({ type }) => type)).toEqual(["agentmonitor.run.v1", "agentmonitor.run.v1"]);
  });

  it("stays whole when two runs look at once, with one id for what both saw", async () => {
    const workspace = workspaceWith("healthy", "failed", "stuck");
    const words = ["--root", workspace.root, "--now", nowText];
    const ran = await Promise.all([runMonitor(words), runMonitor(words)]);
    expect(ran.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    const { events, skippedLines } = readEventLog(workspace.path(eventLog));
    const ids = (type: string) => events.flatMap((event) => (event.type.includes(type) ? [event.id] : []));
    expect(skippedLines).toBe(0);
    expect(new Set(ids("run")).size).toBe(2);
    expect(new Set(ids("health_changed")).size).toBe(3);
    expect(new Set(ids("finished")).size).toBe(1);
  });
});

describe("an agent that is killed", () => {
  it("is recorded once, with its evidence, though its claim is newer than its last call", async () => {
    const workspace = makeWorkspace();
    const at = (minute: number) => `2026-11-22T14:${minute}:00Z`;
    workspace.status("a", {
      status: "running",
      timestamp: at(12),
      updatedAt: at(30),
      taskId: "bg_1",
      pid: 48_213,
    });
    workspace.log("calls.jsonl", { timestamp: at(22), task_id: "bg_1", tool: "edit", status: "ok" });
    const runs = [32, 36, 40].map(
      (minute) => () => runMonitor(["--root", workspace.root, "--now", at(minute)]),
    );
    const seen = [];
    for (const look of runs) seen.push((await look()).stdout.split("\n").slice(0, 2).join("\n"));
    expect(seen.map((text) => text.replace(/^\[.*?\]|\(\d+m\)/g, ""))).toEqual(
      Array(3).fill(expect.stringMatching(/✗ Failed - agent process is gone\n.*last write/)),
    );
    const { events } = readEventLog(workspace.path(eventLog));
    expect(events.filter(({ type }) => type.includes("finished"))).toHaveLength(1);
    expect(events.filter(({ type }) => type.includes("health_changed"))).toHaveLength(1);
  });

  it("is healthy while it lives, failed once it is gone, whatever status.json says", async () => {
    const workspace = makeWorkspace();
    const agent = Bun.spawn(["sleep", "600"]);
    onTestFinished(() => agent.kill());
    workspace.status("a", {
      status: "running",
      timestamp: Date.now(),
      taskId: "bg_1",
      pid: agent.pid,
      host: hostname(),
    });
    const words = ["--root", workspace.root, "--check"];
    const alive = await runMonitor(words);
    expect([alive.exitCode, alive.stdout]).toEqual([0, expect.stringContaining("a (bg_1): ✓ Healthy")]);
    agent.kill("SIGKILL");
    await agent.exited;
    const gone = await runMonitor(words);
    expect([gone.exitCode, gone.stdout]).toEqual([
      2,
      expect.stringMatching(
        /a \(bg_1\): ✗ Failed - agent process is gone\n {4}status.json still says "running"; pid \d+ ended/,
      ),
    ]);
  });
});
