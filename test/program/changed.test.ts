import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MonitoringEvent } from "../../src/core/log/event.ts";
import { projectFolder, type Ran, run, runMonitor } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "monitor-changed-"));
afterAll(() => rmSync(folder, { recursive: true }));
const logName = ".agents/logs/background_monitoring.jsonl";
const silence = { stdout: "", stderr: "", exitCode: 0 };

describe("--changed", () => {
  it("prints one line in ten runs over one task that got stuck, and nothing at all in the other nine", async () => {
    const root = makeProject("stuck", "2026-11-22T14:30:00Z");
    await look(root, "14:32", []);
    const runs = await lookAgain(root, [
      "14:46",
      "14:50",
      "14:54",
      "14:58",
      "15:02",
      "15:06",
      "15:10",
      "15:14",
      "15:18",
      "15:22",
    ]);
    const spoken = runs.filter(({ stdout }) => stdout !== "");
    expect(spoken).toEqual([
      {
        ...silence,
        stdout:
          "[14:50] Task B (bg_def456): Healthy -> ⚠ Stuck - no activity for 20m: no tool running; last: read at 14:30\n",
      },
    ]);
    expect(runs.filter(({ stderr }) => stderr !== "")).toEqual([]);
  });

  it("prints one line when the very first run already finds it stuck and the second confirms it", async () => {
    const root = makeProject("stuck-at-first", "2026-11-22T14:00:00Z");
    const runs = await lookAgain(root, ["14:32", "14:36", "14:40", "14:44"]);
    const stdout =
      "[14:36] Task B (bg_def456): ⚠ Stuck - no activity for 36m: no tool running; last: read at 14:00\n";
    expect(runs).toEqual([silence, { ...silence, stdout }, silence, silence]);
  });

  it("says nothing of a dead process that a plain look has shown", async () => {
    const root = makeProject("dead", "2026-11-22T14:10:00Z");
    writeStatus(root, { status: "running", pid: 48_213 });
    const shown = await look(root, "14:32", []);
    expect(shown.stdout).toContain("✗ Failed - agent process is gone");
    expect(await lookAgain(root, ["14:33", "14:37"])).toEqual([silence, silence]);
  });

  it("says that the record was lost, with one full report", async () => {
    const root = makeProject("lost", "2026-11-22T14:30:00Z");
    await lookAgain(root, ["14:32", "14:36"]);
    writeFileSync(join(root, logName), "\u0000\u0000not a record\n");
    const runs = await lookAgain(root, ["14:40", "14:44"]);
    expect(runs[0]?.stdout).toContain("1 task: 1 healthy\n");
    expect(runs[0]?.stdout).toContain(`${logName} holds no earlier run (1 line could not be read); this is`);
    expect(runs[1]).toEqual(silence);
  });

  it("compares and records nothing with --no-record", async () => {
    const root = makeProject("no-record", "2026-11-22T14:30:00Z");
    await look(root, "14:46", []);
    await lookAgain(root, ["14:47"]);
    const before = readFileSync(join(root, logName), "utf8");
    writeStatus(root, { status: "failed", completedAt: "2026-11-22T14:48:00Z" });
    const runs = await lookAgain(root, ["14:50", "14:54"], ["--no-record"]);
    const lines = runs.map(({ stdout }) => stdout.slice("[14:50] ".length));
    expect(lines).toEqual(
      Array(2).fill('Task B (bg_def456): Stuck -> ✗ Failed - status.json says "failed"\n'),
    );
    expect(readFileSync(join(root, logName), "utf8")).toBe(before);
  });

  it("counts nothing as told that could not be printed", async () => {
    const root = makeProject("dead-pipe", "2026-11-22T14:30:00Z");
    writeStatus(root, { status: "failed", completedAt: "2026-11-22T14:31:00Z" });
    const procfs = join(projectFolder, "fixtures/procfs");
    const words = ["--root", root, "--now", "2026-11-22T14:32:00Z", "--procfs", procfs, "--changed"];
    // The reader is gone before the program has found anything to print.
    const cli = join(projectFolder, "src/cli.ts");
    await run(["sh", "-c", 'bun "$@" | true', "sh", cli, ...words]);
    const [first, second] = await lookAgain(root, ["14:36", "14:40"]);
    expect(first?.stdout).toContain("✗ Failed");
    expect(second).toEqual(silence);
  });

  it("tells each reader, whoever looks in between", async () => {
    const root = makeProject("readers", "2026-11-22T14:30:00Z");
    await lookAgain(root, ["14:32"], ["--reader", "ada"]);
    await lookAgain(root, ["14:33"], ["--reader", "mail"]);
    writeStatus(root, { status: "failed", completedAt: "2026-11-22T14:34:00Z" });
    await look(root, "14:35", []);
    const runs = [
      ...(await lookAgain(root, ["14:36", "14:40"], ["--reader", "ada"])),
      ...(await lookAgain(root, ["14:41", "14:45"], ["--reader", "mail"])),
    ];
    expect(runs.map(({ stdout }) => stdout.includes("✗ Failed"))).toEqual([true, false, true, false]);
  });

  it("tells twice what failed, was tried again and failed again between two runs", async () => {
    const root = makeProject("again", "2026-11-22T14:30:00Z");
    writeStatus(root, { status: "failed", completedAt: "2026-11-22T14:31:00Z" });
    await lookAgain(root, ["14:32"]);
    const again = { timestamp: "2026-11-22T14:33:00Z", updatedAt: "2026-11-22T14:35:00Z" };
    writeStatus(root, { ...again, status: "failed", error: "no disk" });
    const runs = await lookAgain(root, ["14:36", "14:40"]);
    expect(runs[0]?.stdout).toBe(
      '[14:36] Task B (bg_def456): again ✗ Failed - status.json says "failed": "no disk"\n',
    );
    expect(runs[1]).toEqual(silence);
    expect(readFileSync(join(root, logName), "utf8").match(/task\.finished\.v1/g)).toHaveLength(2);
  });

  it.each(["failed", "failed//000000000000"])(
    "tells a failure of which a line says %j was told, and no event that it failed",
    async (told) => {
      const root = makeProject(`forged${told.length}`, "2026-11-22T14:30:00Z");
      await lookAgain(root, ["14:32"]);
      const last = JSON.parse(readFileSync(join(root, logName), "utf8").trim().split("\n").at(-1) ?? "");
      const states = { tasks: { bg_def456: "failed/reported_failed" }, told: { bg_def456: told } };
      const forged = { ...last, id: "01KAMX00000000000000000000", time: "2026-11-22T14:34:00Z" };
      appendFileSync(
        join(root, logName),
        `${JSON.stringify({ ...forged, data: { ...forged.data, ...states } })}\n`,
      );
      writeStatus(root, { status: "failed", completedAt: "2026-11-22T14:33:00Z" });
      const runs = await lookAgain(root, ["14:36", "14:40"]);
      expect(runs.map(({ stdout }) => stdout.split("✗")[1])).toEqual([
        expect.stringContaining("Failed"),
        undefined,
      ]);
    },
  );

  it("prints the whole document with --json when something changed, and nothing when nothing did", async () => {
    const root = makeProject("json", "2026-11-22T14:30:00Z");
    writeStatus(root, { status: "failed", completedAt: "2026-11-22T14:31:00Z" });
    const [first, second] = await lookAgain(root, ["14:32", "14:36"], ["--json"]);
    expect(JSON.parse(first?.stdout ?? "")).toMatchObject({ schema: "agent-monitor/report" });
    expect(second).toEqual(silence);
  });

  it("keeps the exit code of --check while it is silent", async () => {
    const root = makeProject("check", "2026-11-22T14:00:00Z");
    const runs = await lookAgain(root, ["14:32", "14:36", "14:40"], ["--check"]);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
    expect(runs.map(({ stdout }) => stdout === "")).toEqual([true, false, true]);
  });

  it("prints the news and exits with 3 when the record cannot be written", async () => {
    const root = makeProject("read-only", "2026-11-22T14:30:00Z");
    mkdirSync(join(root, logName), { recursive: true });
    const { stdout, stderr, exitCode } = await look(root, "14:32", ["--changed"]);
    expect(stdout).toContain("Task B (bg_def456)");
    expect(stderr).toMatch(/^monitor: \S+background_monitoring\.jsonl: cannot be written \(.+\); free it/);
    expect(stderr.split("\n")).toHaveLength(2);
    expect(exitCode).toBe(3);
  });
});

describe("the event log", () => {
  it("holds one line an event, each by its schema, in a file for its owner alone", async () => {
    const root = makeProject("log", "2026-11-22T14:00:00Z");
    await lookAgain(root, ["14:32", "14:36", "15:36"]);
    const events = readFileSync(join(root, logName), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => MonitoringEvent.parse(JSON.parse(line)));
    expect(events.map(({ type }) => type.split(".").at(-2))).toEqual([
      "health_changed",
      "run",
      "run",
      "health_still",
      "run",
    ]);
    expect(statSync(join(root, logName)).mode & 0o777).toBe(0o600);
    const hosts = events.map(({ data }) => [data.host === "", data.root === root]);
    expect(hosts).toEqual(events.map(() => [false, true]));
  });

  it("gets no second end for a task that ended", async () => {
    const root = makeProject("ended", "2026-11-22T14:30:00Z");
    await look(root, "14:32", []);
    writeStatus(root, { status: "completed", completedAt: "2026-11-22T14:33:00Z" });
    await lookAgain(root, ["14:36", "14:40", "14:44"]);
    const ends = readFileSync(join(root, logName), "utf8").match(/agentmonitor\.task\.finished\.v1/g);
    expect(ends).toHaveLength(1);
  });
});

/** A project with one task whose agent was last active at `activeAt`. */
function makeProject(name: string, activeAt: string): string {
  const root = join(folder, name);
  mkdirSync(join(root, ".agents/logs"), { recursive: true });
  mkdirSync(join(root, ".worktrees/b"), { recursive: true });
  writeStatus(root, { status: "running" });
  const call = { task_id: "bg_def456", tool: "read", status: "success", timestamp: activeAt };
  writeFileSync(join(root, ".agents/logs/tool_calls.jsonl"), `${JSON.stringify(call)}\n`);
  return root;
}

function writeStatus(root: string, part: Readonly<Record<string, string | number>>): void {
  const claim = {
    taskId: "bg_def456",
    title: "Task B",
    timestamp: "2026-11-22T13:30:00Z",
    updatedAt: "2026-11-22T14:10:00Z",
    ...part,
  };
  writeFileSync(join(root, ".worktrees/b/status.json"), JSON.stringify(claim));
}

function look(root: string, time: string, words: readonly string[]): Promise<Ran> {
  const procfs = join(projectFolder, "fixtures/procfs");
  return runMonitor(["--root", root, "--now", `2026-11-22T${time}:00Z`, "--procfs", procfs, ...words]);
}

async function lookAgain(
  root: string,
  times: readonly string[],
  words: readonly string[] = [],
): Promise<Ran[]> {
  const runs: Ran[] = [];
  for (const time of times) runs.push(await look(root, time, ["--changed", ...words]));
  return runs;
}
