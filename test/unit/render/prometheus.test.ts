import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { renderMetrics } from "../../../src/render/prometheus.ts";
import { parseExposition } from "../../support/exposition.ts";
import { projectFolder, runMonitor } from "../../support/program.ts";
import { hour } from "../../support/sample-clock.ts";
import { type State, simulateRun } from "../../support/simulated-runs.ts";

const folder = mkdtempSync(join(tmpdir(), "monitor-metrics-"));
afterAll(() => rmSync(folder, { recursive: true }));
const noon = Date.UTC(2026, 10, 22, 12);
const place = { host: "build-01", root: "/srv/demo/shop" };

describe("the metrics", () => {
  it("count tasks by health", () => {
    const metrics = metricsOf(["failed", "stuck", "stuck", "healthy"]);
    const tasks = metrics.filter(({ name }) => name === "agent_monitor_tasks");
    expect(Object.fromEntries(tasks.map(({ labels, value }) => [labels.health, value]))).toEqual({
      failed: 1,
      waiting: 0,
      stuck: 2,
      struggling: 0,
      unknown: 0,
      healthy: 1,
      cancelled: 0,
      completed: 0,
    });
    expect(metrics).toContainEqual({
      name: "agent_monitor_tasks_needing_attention",
      labels: place,
      value: 3,
    });
  });

  it("say when the last run was, and how long it took", () => {
    const metrics = metricsOf([]);
    expect(metrics).toContainEqual({
      name: "agent_monitor_last_run_timestamp_seconds",
      labels: place,
      value: noon / 1_000,
    });
    expect(metrics).toContainEqual({
      name: "agent_monitor_last_run_duration_seconds",
      labels: place,
      value: 0.212,
    });
  });

  it("label at most 20 tasks, and count the others", () => {
    const metrics = metricsOf(Array<State>(50).fill("struggling"));
    const labelled = metrics.filter(({ name }) => name === "agent_monitor_tool_failures_in_a_row");
    expect(labelled).toHaveLength(20);
    expect(new Set(labelled.map(({ value }) => value))).toEqual(new Set([3]));
    expect(metrics).toContainEqual({
      name: "agent_monitor_tool_failures_tasks_omitted",
      labels: place,
      value: 30,
    });
  });

  it("carry any host, root and task name unharmed", () => {
    const id = 'a "quoted" \\ name, {of}=one line';
    const { report, rows } = simulateRun([{ id, state: "struggling", startedAt: noon - hour }], [], noon);
    const run = { ...report.run, root: 'C:\\work\\"x"\n' };
    const labelled = parseExposition(renderMetrics({ ...report, run }, rows)).find(
      ({ name }) => name === "agent_monitor_tool_failures_in_a_row",
    );
    expect(labelled?.labels).toEqual({ host: "build-01", root: 'C:\\work\\"x"\n', task: id });
  });
});

describe("--prometheus", () => {
  it("leaves one whole file, readable for a collector of another user", async () => {
    const { metrics, run } = await write("whole", "agents.prom");
    expect(await run).toMatchObject({ stderr: "", exitCode: 0 });
    expect(readdirSync(join(metrics, ".."))).toEqual(["agents.prom"]);
    expect(statSync(metrics).mode & 0o777).toBe(0o644);
    expect(parseExposition(readFileSync(metrics, "utf8")).length).toBeGreaterThan(10);
  });

  it("replaces the file of the run before", async () => {
    const before = await write("again", "agents.prom");
    await before.run;
    writeFileSync(before.metrics, "old\n");
    const { metrics, run } = await write("again", "agents.prom");
    await run;
    expect(() => parseExposition(readFileSync(metrics, "utf8"))).not.toThrow();
  });

  it("prints the report and exits with 3 when the file cannot be written", async () => {
    const { run } = await write("nowhere", "missing/agents.prom");
    const { stdout, stderr, exitCode } = await run;
    expect(stdout).toContain("6 tasks: ");
    expect(stderr).toMatch(
      /^monitor: \S+agents\.prom: cannot be written \(ENOENT.+\); give --prometheus a file/,
    );
    expect(exitCode).toBe(3);
  });
});

function metricsOf(states: readonly State[]) {
  const scenes = states.map((state, index) => ({ id: `bg_${index}`, state, startedAt: noon - hour }));
  const { report, rows } = simulateRun(scenes, [], noon);
  return parseExposition(renderMetrics(report, rows));
}

async function write(name: string, file: string) {
  const parent = join(folder, name);
  mkdirSync(parent, { recursive: true });
  const metrics = join(parent, file);
  const words = ["--root", "fixtures/workspaces/six-tasks", "--now", "2026-11-22T14:32:00Z", "--no-record"];
  const procfs = ["--procfs", join(projectFolder, "fixtures/procfs")];
  return { metrics, run: runMonitor([...words, ...procfs, "--prometheus", metrics]) };
}
