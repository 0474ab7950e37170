import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HealthReport } from "../../src/core/report/report.ts";
import { readEventLog } from "../../src/io/event-log.ts";
import { projectFolder, run, runMonitor } from "../support/program.ts";
import { git, makeWorkspace, type Workspace } from "../support/workspace.ts";

const nowText = "2026-11-22T14:32:00Z";
const now = Date.parse(nowText);
const minute = 60_000;
const cli = join(projectFolder, "src/cli.ts");
const eventLog = ".agents/logs/background_monitoring.jsonl";
const version = readFileSync(join(projectFolder, "package.json"), "utf8").match(/"version": "(.+?)"/)?.[1];

const status = (word: string, agoMs: number = minute) => ({
  status: word,
  timestamp: now - agoMs,
  updatedAt: now - agoMs,
});
const fill: Record<string, (workspace: Workspace) => unknown> = {
  nothing: () => null,
  healthy: (w) => w.status("healthy", status("running")),
  completed: (w) => w.status("completed", status("completed")),
  stuck: (w) => w.status("stuck", status("created", 20 * minute)),
  failed: (w) => w.status("failed", status("failed")),
  unknown: (w) => w.status("unknown", status("running", 120 * minute)),
  unreadable: (w) => w.write(".worktrees/bad/status.json", "{"),
  "a bad line": (w) => w.log("calls.jsonl", "{"),
};

function workspaceWith(...kinds: readonly string[]): Workspace {
  const workspace = makeWorkspace();
  for (const kind of kinds) fill[kind]?.(workspace);
  return workspace;
}
const look = (workspace: Workspace, ...words: readonly string[]) =>
  runMonitor(["--root", workspace.root, "--now", nowText, "--no-record", ...words]);
/** Every file and folder below, with size and time of change. */
const contents = ({ root }: Workspace) =>
  Bun.spawnSync(["find", root, "-printf", "%P %y %s %T@ %C@\n"]).stdout.toString();

describe("exit codes", () => {
  it.each([
    [["healthy", "completed"], 0],
    [["stuck", "failed", "unknown"], 2],
    [["healthy", "unknown"], 3],
    [["healthy", "unreadable"], 3],
    [["unreadable", "stuck"], 1],
  ])("with --check %j is %i", async (kinds, expected) => {
    const { exitCode, stdout, stderr } = await look(workspaceWith(...kinds), "--check", "--quiet");
    expect([exitCode, stdout, stderr]).toEqual([expected, "", ""]);
  });

  it("without --check is 0 whatever was found", async () => {
    const { exitCode, stdout, stderr } = await look(workspaceWith("stuck", "failed", "unreadable"));
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^\[14:32\]/gm)).toHaveLength(3);
  });
});

describe("options", () => {
  it.each([
    [["--since", "soon"], "--since", "15m"],
    [["--root", "/srv/demo/no such folder"], "--root /srv/demo/no such folder", "folder"],
    [["--root", cli], "--root", "folder"],
    [["--explain", "bg_nobody"], "--explain bg_nobody", "no task"],
    [["--explain", "bg_nobody", "--quiet"], "--explain", "--quiet"],
    [["--json", "--line"], "--line", "--json"],
    [["--chek"], "--chek", "--check"],
    [["bg_1 a"], "bg_1 a", "--explain 'bg_1 a'"],
  ])("%j are refused in one line that says what is wrong and what is right", async (words, named, right) => {
    const { exitCode, stdout, stderr } = await runMonitor(["--no-record", ...words], {
      cwd: makeWorkspace().root,
    });
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^monitor: [^\n]+\n$/);
    expect(stderr).toContain(named);
    expect(stderr).toContain(right);
  });

  it("--version prints the version", async () => {
    expect(await runMonitor(["--version"])).toEqual({ stdout: `${version}\n`, stderr: "", exitCode: 0 });
  });

  it("--help names every option and every exit code", async () => {
    const { exitCode, stdout } = await runMonitor(["--help"]);
    expect(exitCode).toBe(0);
    expect(
      stdout.match(/^ {2}(?:-\w, )?--[a-z-]+/gm)?.map((option) => option.replace(/^.*(?=--)/, "")),
    ).toEqual(
      expect.arrayContaining(
        "--root --worktrees --since --failures --stuck-after --all --json --line --changed --explain --review --prometheus --check --quiet --no-record --no-color --ascii --now --procfs --version --help".split(
          " ",
        ),
      ),
    );
    expect(stdout.match(/^ {2}[0-3] {2}/gm)).toHaveLength(4);
  });

  it("change what counts: --stuck-after, --failures, --since", async () => {
    const workspace = workspaceWith("stuck");
    workspace.log(
      "calls.jsonl",
      ...[3, 2].map((ago) => ({ task_id: "bg_1", tool: "edit", timestamp: now - ago * minute, ok: false })),
    );
    workspace.status("old", status("completed", 30 * 60 * minute));
    const words = ["--stuck-after", "1h", "--failures", "2", "--since", "2d", "--json"];
    const { tasks } = HealthReport.parse(JSON.parse((await look(workspace, ...words)).stdout));
    expect(tasks.map(({ health, reason }) => `${health}/${reason}`)).toEqual([
      "struggling/tool_failures",
      "healthy/queued",
      "completed/reported_completed",
    ]);
  });

  it("--worktrees replaces the pattern and may be repeated", async () => {
    const workspace = workspaceWith("healthy");
    workspace.write("x/1/status.json", "{}");
    workspace.write("y/2/status.json", "{}");
    const { stdout } = await look(
      workspace,
      "--worktrees",
      "x/*/status.json",
      "--worktrees",
      "y/*/status.json",
    );
    expect(stdout.match(/\((.+?)\)/g)?.slice(0, 2)).toEqual(["(x/1)", "(y/2)"]);
    expect(stdout).not.toContain("healthy (");
  });

  it("default to the project that the current folder's worktree belongs to", async () => {
    const workspace = workspaceWith("healthy");
    git(workspace.root, "init", "-q");
    git(workspace.root, "commit", "-q", "--allow-empty", "-m", "x");
    git(workspace.root, "worktree", "add", "-q", "linked");
    const { stdout } = await runMonitor(["--json", "--no-record"], { cwd: workspace.path("linked") });
    expect(JSON.parse(stdout).run.root).toBe(workspace.root);
  });
});

describe("output", () => {
  it("--json is one document of its schema and nothing else", async () => {
    const { stdout, stderr } = await look(workspaceWith("healthy", "failed", "unreadable"), "--json");
    const report = HealthReport.parse(JSON.parse(stdout));
    const { total, ...counts } = report.summary;
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(total);
    expect([total, stderr]).toEqual([3, ""]);
  });

  it("is the same for the same input", async () => {
    const workspace = workspaceWith("healthy", "stuck", "failed", "unreadable");
    const [first, second] = await Promise.all([look(workspace), look(workspace)]);
    expect(second).toEqual(first);
  });

  it.each([
    ["none in a pipe", {}, [], false],
    ["some with FORCE_COLOR, also against NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, [], true],
    ["none with --no-color against FORCE_COLOR", { FORCE_COLOR: "1" }, ["--no-color"], false],
  ])("has colours: %s", async (_, env, words, expected) => {
    const workspace = workspaceWith("failed");
    const { stdout } = await runMonitor(
      ["--root", workspace.root, "--now", nowText, "--no-record", ...words],
      { env },
    );
    expect(stdout.includes("\u001b[")).toBe(expected);
  });

  it("--ascii writes words instead of signs", async () => {
    const { stdout } = await look(
      workspaceWith("healthy", "stuck", "failed", "completed", "unknown"),
      "--ascii",
    );
    expect(stdout).toMatch(/^[\n -~]+$/);
    expect(stdout).toContain("[14:32] failed (.worktrees/failed): Failed - ");
  });

  it("never passes on escape sequences or secrets from files", async () => {
    const workspace = makeWorkspace();
    const escapes = "\u001b]0;x\u0007\u001b[2J\u202e\r\n";
    const evil = `${escapes}API_KEY=abcd1234`;
    const evilName = `${escapes}ghp_16C7e42F292c6912abcd1234`;
    workspace.status("a", {
      ...status("failed"),
      title: `T${evil}`,
      error: evil,
      taskId: `bg_1${evilName}`,
      branch: evilName,
      status: "failed",
    });
    workspace.log("delegation_requests.jsonl", {
      request_id: "r\u001b[2J",
      prompt_summary: evil,
      timestamp: now,
    });
    const all = [
      await look(workspace),
      await look(workspace, "--json"),
      await look(workspace, "--explain", "T"),
    ];
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(all.map(({ stdout }) => stdout).join("")).not.toMatch(/[^\n\P{Cc}]|\u202e|\\u001b|abcd1234/u);
  });

  it("gives a GitHub runner nothing to obey, on either stream", async () => {
    const workspace = makeWorkspace();
    workspace.status("a", { ...status("running"), title: "A ##[error]x", taskId: "bg_1##[add-mask]14" });
    const env = { GITHUB_ACTIONS: "true" };
    const looks = [["--all"], ["--json"], ["--explain", "bg_1"], ["--explain", "no##[error]ne"]];
    for (const args of looks) {
      const { stdout, stderr } = await run(
        ["bun", cli, "--root", workspace.root, "--now", nowText, ...args],
        { env },
      );
      const obeyed = stdout.replace(/::stop-commands::(\S+)\n[\s\S]*\n::\1::\n/, "") + stderr;
      expect(obeyed).not.toContain("##[");
    }
  });

  it("ends quietly when its reader went away", async () => {
    const workspace = workspaceWith();
    Array.from({ length: 300 }, (_, index) => workspace.status(`w${index}`, status("failed")));
    const words = [cli, "--root", workspace.root, "--now", nowText, "--no-record"];
    const { stdout, stderr } = await run([
      "bash",
      "-c",
      'bun "$@" | head -1; echo "exit $PIPESTATUS"',
      "bash",
      ...words,
    ]);
    expect(stdout).toMatch(/^\[14:32\] w0 .+\nexit 0\n$/);
    expect(stderr).toBe("");
  });

  it.runIf(existsSync("/dev/full"))("does not end well when the report finds no room", async () => {
    const words = [cli, "--root", workspaceWith("healthy").root, "--no-record"];
    expect(await run(["sh", "-c", 'bun "$@" > /dev/full', "sh", ...words])).toEqual({
      stdout: "",
      stderr: "monitor: the report cannot be printed (ENOSPC); free the output\n",
      exitCode: 3,
    });
  });

  it.each([
    ["nothing", ["--quiet"]],
    ["a report", []],
  ])("adds %s to the end of a file", async (_, options) => {
    const workspace = workspaceWith("healthy");
    const file = join(workspace.root, "cron.log");
    writeFileSync(file, "what stood there before\n");
    const words = [cli, "--root", workspace.root, "--now", nowText, "--no-record", ...options];
    await run(["sh", "-c", 'bun "$@" >> "$0"', file, ...words]);
    const { stdout } = await look(workspace, ...options);
    expect(readFileSync(file, "utf8")).toBe(`what stood there before\n${stdout}`);
  });

  it("gives a pipe every byte of a long report", async () => {
    const workspace = workspaceWith();
    Array.from({ length: 300 }, (_, index) => workspace.status(`w${index}`, status("failed")));
    const words = [cli, "--root", workspace.root, "--now", nowText, "--no-record", "--json"];
    const { stdout } = await run(["bash", "-c", 'bun "$@" | cat', "bash", ...words]);
    expect(stdout.length).toBeGreaterThan(200_000);
    expect(JSON.parse(stdout).tasks).toHaveLength(300);
  });
});

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
