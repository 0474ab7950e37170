import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { HealthReport } from "../../../src/core/report/report.ts";
import {
  jsonWithoutCommands,
  lineWithoutCommands,
  renderAnnotations,
  renderJobSummary,
  withoutCommands,
} from "../../../src/render/github.ts";
import { projectFolder, runMonitor } from "../../support/program.ts";
import { hour } from "../../support/sample-clock.ts";
import { type State, simulateRun } from "../../support/simulated-runs.ts";

const folder = mkdtempSync(join(tmpdir(), "monitor-github-"));
afterAll(() => rmSync(folder, { recursive: true }));
const noon = Date.UTC(2026, 10, 22, 12);

describe("annotations", () => {
  it.each([
    ["failed", "error"],
    ["waiting", "warning"],
    ["stuck", "warning"],
    ["struggling", "warning"],
  ] as const)("a %s task is an %s", (state, kind) => {
    expect(commandsOf(reportOf([state]))).toMatchObject([
      { kind, properties: { title: "Part bg_00 of the migration (bg_00)" } },
    ]);
  });

  it.each(["healthy", "completed", "cancelled"] as const)("a %s task is none", (state) => {
    expect(renderAnnotations(reportOf([state]))).toBe("");
  });

  it("carry percent signs, newlines, colons and commas unharmed", () => {
    const nasty = "100%, a:b\r\nc%0Ad::error::x,title=y";
    const [command] = commandsOf(
      changed(reportOf(["failed"]), { title: nasty, message: nasty, details: [nasty] }),
    );
    expect(command).toEqual({
      kind: "error",
      properties: { title: `${nasty} (bg_00)` },
      message: `Failed - ${nasty}\n${nasty}`,
    });
  });

  it("name file, line and column of what could not be read", () => {
    const problem = {
      code: "invalid_json",
      path: "a,b:c.json",
      line: 3,
      column: 7,
      message: "expected JSON",
    } as const;
    const [command] = commandsOf({ ...reportOf([]), problems: [problem] });
    expect(command?.properties).toEqual({ file: "a,b:c.json", line: "3", col: "7" });
  });

  it("are ten of a kind at most; the eleventh stands in the summary", () => {
    const report = reportOf([...Array<State>(11).fill("failed"), ...Array<State>(12).fill("stuck")]);
    const kinds = commandsOf(report).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "error")).toHaveLength(10);
    expect(kinds.filter((kind) => kind === "warning")).toHaveLength(10);
    expect(renderAnnotations(report)).not.toContain("bg_10)");
    expect(renderJobSummary(report)).toContain("Part bg&#95;10 of the migration");
    expect(renderJobSummary(report)).toContain("Part bg&#95;22 of the migration");
  });
});

describe("the job summary", () => {
  it("is one table row a task, whatever its title holds", () => {
    const title = "a | b\n| c <img src=x> `d` [e](f) **g** @h #1";
    const summary = renderJobSummary(changed(reportOf(["failed"]), { title }));
    const rows = summary.split("\n").filter((line) => line.startsWith("| "));
    expect(rows).toHaveLength(3);
    expect(rows[2]?.split("|")).toHaveLength(6);
    expect(rows[2]).not.toMatch(/[<>`*[\]@]/);
  });

  it("says since when as an age, whatever zone its reader is in", () => {
    const at = Date.parse(reportOf(["failed"]).run.at);
    const since = new Date(at - 27 * 60_000).toISOString();
    expect(renderJobSummary(changed(reportOf(["failed"]), { since }))).toContain("| 27m ago |");
  });

  it("stays far below the limit of 1 MiB with 5,000 tasks", () => {
    const report = reportOf(["failed"]);
    const many = { ...report, tasks: report.tasks.flatMap((task) => Array(5_000).fill(task)) };
    expect(Buffer.byteLength(renderJobSummary(many))).toBeLessThan(512 * 1024);
    expect(renderJobSummary(many)).toContain("4000 more tasks.");
  });
});

describe("the report between its own commands", () => {
  it("is left as it is when no line looks like a command", () => {
    expect(withoutCommands("[14:32] a: fine\n", "token")).toBe("[14:32] a: fine\n");
  });

  it.each(["    ::error::x\n", "::add-mask::x\n", "a ##[group]x\n"])("%j is not obeyed", (text) => {
    expect(withoutCommands(text, "token")).toBe(`::stop-commands::token\n${text}::token::\n`);
  });

  it("means the same as JSON without them", () => {
    const json = JSON.stringify({ title: "Build ##[add-mask]14" });
    expect(jsonWithoutCommands(json)).not.toContain("##[");
    expect(JSON.parse(jsonWithoutCommands(json))).toEqual(JSON.parse(json));
  });

  it.each([
    ["monitor: a ##[error]b\n", "monitor: a # #[error]b\n"],
    ["x\n::error::b\n", "x\n: :error::b\n"],
  ])("as a line of trouble is harmless", (line, harmless) => {
    expect(lineWithoutCommands(line)).toBe(harmless);
  });

  it("stays harmless in an annotation", () => {
    const report = reportOf(["failed"]);
    const tasks = report.tasks.map((task) => ({ ...task, title: "a ##[error]b", message: "##[add-mask]14" }));
    expect(renderAnnotations({ ...report, tasks })).not.toContain("##[");
  });
});

describe("--check in a GitHub workflow", () => {
  it("prints annotations behind the report and appends the summary", async () => {
    const { ran, summary } = await check("six", "fixtures/workspaces/six-tasks", ["--check"]);
    const { stdout, stderr, exitCode } = await ran;
    expect(stdout).toMatch(/need attention\. .+\n::error title=Checkout retries \(bg_9f31c0\)::Failed - /);
    expect(stdout.match(/^::warning /gm)).toHaveLength(3);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 2 });
    expect(readFileSync(summary, "utf8")).toMatch(
      /^# Earlier step\n## Background agents: 4 of 6 need attention\n/,
    );
  });

  it("keeps stdout for the document with --json", async () => {
    const { ran } = await check("json", "fixtures/workspaces/six-tasks", ["--check", "--json"]);
    const { stdout, stderr } = await ran;
    expect(JSON.parse(stdout)).toMatchObject({ schema: "agent-monitor/report" });
    expect(stderr.match(/^::(error|warning) /gm)).toHaveLength(4);
  });

  it("says nothing of it without --check", async () => {
    const { ran, summary } = await check("plain", "fixtures/workspaces/six-tasks", []);
    expect((await ran).stdout).not.toContain("::");
    expect(readFileSync(summary, "utf8")).toBe("# Earlier step\n");
  });

  it("proves with an empty folder that the reporter itself works", async () => {
    const empty = join(folder, "empty project");
    mkdirSync(empty);
    const { ran, summary } = await check("smoke", empty, ["--check"]);
    const { stdout, stderr, exitCode } = await ran;
    expect(stdout).toMatch(/^\[\d\d:\d\d\] No background tasks\. /);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(readFileSync(summary, "utf8")).toContain("No background tasks.");
  });

  it("exits with 3 when the summary cannot be written", async () => {
    const { ran } = await check("unwritable", "fixtures/workspaces/nothing", ["--check"], folder);
    const { stderr, exitCode } = await ran;
    expect(stderr).toMatch(/^monitor: .+cannot be written .+GITHUB_STEP_SUMMARY/);
    expect(exitCode).toBe(3);
  });
});

function reportOf(states: readonly State[]): HealthReport {
  const scenes = states.map((state, index) => ({
    id: `bg_${String(index).padStart(2, "0")}`,
    state,
    startedAt: noon - hour,
  }));
  return simulateRun(scenes, [], noon).report;
}

function changed(report: HealthReport, part: Partial<HealthReport["tasks"][number]>): HealthReport {
  return { ...report, tasks: report.tasks.map((task) => ({ ...task, ...part })) };
}

/** The commands as the runner reads them: `::kind key=value,key=value::message`, one a line. */
function commandsOf(report: HealthReport) {
  const lines = renderAnnotations(report).trimEnd().split("\n");
  return lines.map((line) => {
    const [, kind, properties = "", message = ""] = line.match(/^::(\w+) (.*?)::(.*)$/) ?? [];
    const pairs = properties.split(",").map((pair) => pair.split("="));
    return {
      kind,
      properties: Object.fromEntries(
        pairs.map(([key, ...value]) => [
          key,
          decode(value.join("=").replaceAll("%3A", ":").replaceAll("%2C", ",")),
        ]),
      ),
      message: decode(message),
    };
  });
}

function decode(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}

async function check(name: string, root: string, words: readonly string[], summaryPath?: string) {
  const summary = join(folder, `${name}.md`);
  writeFileSync(summary, "# Earlier step\n");
  const ran = runMonitor(
    [
      ...["--root", root, "--now", "2026-11-22T14:32:00Z", "--no-record"],
      ...["--procfs", join(projectFolder, "fixtures/procfs"), ...words],
    ],
    { env: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summaryPath ?? summary } },
  );
  return { ran, summary };
}
