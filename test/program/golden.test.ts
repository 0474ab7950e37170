import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { MonitoringEvent } from "../../src/core/log/event.ts";
import { HealthReport } from "../../src/core/report/report.ts";
import { Review } from "../../src/core/review/review.ts";
import { projectFolder, runMonitor } from "../support/program.ts";

const now = "2026-11-22T14:32:00Z";
const folder = mkdtempSync(join(tmpdir(), "monitor-golden-"));
const workspaces = join(folder, "fixtures/workspaces");
cpSync(join(projectFolder, "fixtures/workspaces"), workspaces, { recursive: true });
makeTwoHundred(join(workspaces, "two-hundred"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As `bun run monitor` starts it. */
const asScript = {
  npm_command: "run-script",
  npm_lifecycle_event: "monitor",
  npm_lifecycle_script: "bun src/cli.ts",
};

const cases = [
  ["six-tasks"],
  ["nothing"],
  ["no-agents"],
  ["bad-input"],
  ["contradictions"],
  ["all-ended"],
  ["estimates"],
  ["two-hundred"],
] as const;

const procfs = ["--procfs", join(projectFolder, "fixtures/procfs")];

const look = (name: string, ...more: readonly string[]) => {
  const words = ["--root", `fixtures/workspaces/${name}`, "--now", now, "--no-record", ...more];
  return runMonitor([...words, ...procfs], { cwd: folder, env: asScript });
};

describe("the report of a workspace equals its golden file", () => {
  it.each(cases)("%s as text", async (name) => {
    const { stdout, stderr, exitCode } = await look(name);
    const seen = `$ monitor --root fixtures/workspaces/${name} --now ${now}\n${stdout}${stderr}exit code ${exitCode}\n`;
    expect(seen).toBe(golden(`${name}.txt`, seen));
  });

  it.each(cases)("%s as text with --check, in ASCII", async (name) => {
    const { stdout, stderr, exitCode } = await look(name, "--check", "--ascii");
    const seen = `$ monitor --root fixtures/workspaces/${name} --now ${now} --check --ascii\n${stdout}${stderr}exit code ${exitCode}\n`;
    expect(seen).toBe(golden(`${name}.check.txt`, seen));
  });

  it.each(cases)("%s as JSON, which follows its schema", async (name) => {
    const { stdout } = await look(name, "--json");
    const report = HealthReport.parse(JSON.parse(stdout));
    const run = {
      ...report.run,
      id: "<id>",
      host: "<host>",
      reader: "<reader>",
      root: "<root>",
      duration_ms: 0,
    };
    const seen = `${JSON.stringify({ ...report, run }, null, 2)}\n`;
    expect(seen).toBe(golden(`${name}.json`, seen));
  });
});

describe("what people read beside the report equals its golden file", () => {
  it.each([
    ["help.txt", ["--help"]],
    [
      "explain.txt",
      ["--root", "fixtures/workspaces/six-tasks", "--now", now, "--no-record", "--explain", "bg_def456"],
    ],
  ] as const)("%s", async (name, words) => {
    const { stdout, stderr, exitCode } = await runMonitor([...words, ...procfs], {
      cwd: folder,
      env: asScript,
    });
    const seen = `$ monitor ${words.join(" ")}\n${stdout}${stderr}exit code ${exitCode}\n`;
    expect(seen).toBe(golden(name, seen));
  });
});

describe("the JSON Schema in the repository is the one that the zod schema gives", () => {
  it.each([
    ["report.schema.json", HealthReport],
    ["events.schema.json", MonitoringEvent],
    ["review.schema.json", Review],
  ])("%s", (name, schema) => {
    const seen = `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`;
    expect(seen).toBe(golden(name, seen, "fixtures/schema"));
  });
});

/** The stored text; UPDATE_GOLDEN=1 stores what was seen, to be read as a user would before it is committed. */
function golden(name: string, seen: string, folder = "fixtures/golden"): string {
  const path = join(projectFolder, folder, name);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, seen);
  return readFileSync(path, "utf8");
}

function makeTwoHundred(root: string): void {
  for (let index = 0; index < 200; index += 1) {
    const worktree = join(root, ".worktrees", `task-${String(index).padStart(3, "0")}`);
    mkdirSync(worktree, { recursive: true });
    const status = index % 20 === 7 ? "failed" : index % 10 === 3 ? "completed" : "running";
    writeFileSync(
      join(worktree, "status.json"),
      JSON.stringify({
        taskId: `bg_${index.toString(16).padStart(8, "0")}`,
        title: `Part ${index} of a large migration`,
        status,
        timestamp: "2026-11-22T14:20:00Z",
        updatedAt: "2026-11-22T14:25:00Z",
        steps: { done: index % 5, total: 5 },
      }),
    );
  }
}
