import { mkdirSync, symlinkSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { run, runMonitor } from "../../support/program.ts";
import { now } from "../../support/sample-clock.ts";
import { readStatus, validStatus } from "../../support/status-file.ts";
import { git, makeWorkspace, type Workspace } from "../../support/workspace.ts";

const file = ".worktrees/bad/status.json";

/** What stands at `.worktrees/bad/status.json`, and the problem that it gives. */
const oddities: readonly (readonly [
  string,
  (workspace: Workspace) => unknown,
  code: string,
  message: string,
])[] = [
  ["a FIFO", (w) => Bun.spawnSync(["mkfifo", w.path(file)]), "not_a_file", "is a named pipe, not a file"],
  ["a folder", (w) => mkdirSync(w.path(file)), "not_a_file", "is a folder, not a file"],
  ["a device", (w) => symlinkSync("/dev/zero", w.path(file)), "not_a_file", "is a device, not a file"],
  ["a dangling link", (w) => symlinkSync("nowhere", w.path(file)), "dangling_link", "is a link to nothing"],
  [
    "a link to itself",
    (w) => symlinkSync("status.json", w.path(file)),
    "unreadable",
    "cannot be read (ELOOP)",
  ],
  ["an empty file", (w) => w.write(file, ""), "empty", "is empty; expected a JSON object"],
  ["spaces only", (w) => w.write(file, " \n"), "invalid_json", "expected a value"],
  [
    "more than 1 MiB",
    (w) => w.write(file, `${validStatus}${" ".repeat(1024 * 1024)}`),
    "too_large",
    "is larger than 1 MiB",
  ],
  [
    "a sparse file of 1 GB",
    (w) => truncateSync(w.write(file, validStatus), 2 ** 30),
    "too_large",
    "is larger than 1 MiB",
  ],
  [
    "binary",
    (w) => w.write(file, new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00])),
    "not_utf8",
    "is not UTF-8",
  ],
  ["NUL bytes", (w) => w.write(file, new Uint8Array(512)), "invalid_json", "expected a value"],
  [
    "invalid UTF-8",
    (w) => w.write(file, new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d])),
    "not_utf8",
    "is not UTF-8",
  ],
  [
    "UTF-16",
    (w) => w.write(file, Buffer.from(`\ufeff${validStatus}`, "utf16le")),
    "not_utf8",
    "is not UTF-8",
  ],
  [
    "half an object",
    (w) => w.write(file, '{"status": "running",\n "pid'),
    "invalid_json",
    "expected the closing quote of a string",
  ],
  ["a list", (w) => w.write(file, "[]"), "wrong_type", "must be an object, got an array"],
  ["1,000,000 brackets", (w) => w.write(file, "[".repeat(1_000_000)), "invalid_json", "expected a value"],
];

describe("readStatusFiles", () => {
  it("reads a valid file, with a byte order mark too", async () => {
    const workspace = makeWorkspace();
    workspace.write(".worktrees/a/status.json", validStatus);
    workspace.write(".worktrees/b/status.json", `\ufeff${validStatus}`);
    const { readings } = await readStatus(workspace);
    expect(readings).toMatchObject([
      { path: ".worktrees/a/status.json", worktree: workspace.path(".worktrees/a"), problems: [] },
      { path: ".worktrees/b/status.json", status: { taskId: "bg_é1", steps: { done: 2 } }, problems: [] },
    ]);
  });

  it.each(oddities)("gives one reading for %s, and the others unharmed", async (_, make, code, message) => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path(".worktrees/bad"), { recursive: true });
    make(workspace);
    workspace.write(".worktrees/good/status.json", validStatus);
    const { readings } = await readStatus(workspace);
    expect(readings.map(({ path }) => path)).toEqual([file, ".worktrees/good/status.json"]);
    expect(readings[0]?.problems).toMatchObject([{ code, path: file }]);
    expect(readings[0]?.problems[0]?.message).toContain(message);
    expect(readings[1]?.problems).toEqual([]);
  });

  it("gives one reading for a socket", async () => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path(".worktrees/bad"), { recursive: true });
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((listening) => server.listen(workspace.path(file), listening));
    const { readings } = await readStatus(workspace);
    expect(readings).toMatchObject([{ problems: [{ code: "not_a_file" }] }]);
  });

  it("does not fall over a million nested brackets that close again", async () => {
    const workspace = makeWorkspace();
    workspace.write(file, "[".repeat(500_000) + "]".repeat(500_000));
    const { readings } = await readStatus(workspace);
    expect(readings).toMatchObject([{ status: null, problems: [{ path: file }] }]);
  });

  it("names line and column where JSON ends", async () => {
    const workspace = makeWorkspace();
    workspace.write(file, '{\n  "status": "running",\n  "pid": }');
    const { readings } = await readStatus(workspace);
    expect(readings[0]?.problems).toMatchObject([{ code: "invalid_json", line: 3, column: 10 }]);
  });

  it("gives a row for every truncation of a valid file", async () => {
    const workspace = makeWorkspace();
    const bytes = Buffer.from(validStatus);
    const names = Array.from(
      { length: bytes.length + 1 },
      (_, length) => `w${String(length).padStart(4, "0")}`,
    );
    names.forEach((name, length) => {
      workspace.write(`.worktrees/${name}/status.json`, bytes.subarray(0, length));
    });
    const { readings } = await readStatus(workspace);
    expect(readings).toHaveLength(names.length);
    expect(
      readings.slice(0, -1).every(({ status, problems }) => status === null && problems.length === 1),
    ).toBe(true);
    expect(readings.at(-1)).toMatchObject({ status: { status: "running" }, problems: [] });
  });

  // The writer may come to its turn late on a busy machine.
  it("takes the whole file that a writer finishes a moment later", { retry: 3 }, async () => {
    const workspace = makeWorkspace();
    const path = workspace.write(".worktrees/a/status.json", validStatus.slice(0, 40));
    const writer = Bun.spawn(
      ["sh", "-c", 'read go && sleep 0.02 && printf %s "$1" >> "$2"', "sh", validStatus.slice(40), path],
      {
        stdin: "pipe",
      },
    );
    writer.stdin.write("go\n");
    writer.stdin.end();
    const { readings } = await readStatus(workspace);
    expect(readings).toMatchObject([{ status: { taskId: "bg_é1" }, problems: [] }]);
    expect(await writer.exited).toBe(0);
  });

  it("reports a file and a folder without read permission, as another user than root", async () => {
    const workspace = makeWorkspace();
    workspace.write(".worktrees/file/status.json", validStatus);
    workspace.write(".worktrees/folder/status.json", validStatus);
    workspace.write(".worktrees/good/status.json", validStatus);
    // Loaded as the user who runs the tests, then read as nobody: root may read everything.
    const script = `
      const { readStatusFiles } = await import(${JSON.stringify(join(import.meta.dirname, "../../../src/io/status-files.ts"))});
      if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
      const { readings } = await readStatusFiles(process.argv[1], [], ${now});
      console.log(JSON.stringify([process.getuid() !== 0, ...readings.map(({ path, problems }) => [path, ...problems.map(({ code }) => code)])]));`;
    const { stdout, stderr } = await run([
      "sh",
      "-c",
      'chmod 755 "$1" "$1/.worktrees" "$1/.worktrees/good" && chmod 644 "$1/.worktrees/good/status.json" && chmod 000 "$1/.worktrees/file/status.json" "$1/.worktrees/folder" && bun -e "$2" "$1"; chmod 755 "$1/.worktrees/folder"',
      "sh",
      workspace.root,
      script,
    ]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([
      true,
      [".worktrees/file/status.json", "unreadable"],
      [".worktrees/folder/status.json", "unreadable"],
      [".worktrees/good/status.json"],
    ]);
  });

  it("finds the status file of a linked worktree outside the root", async () => {
    const workspace = makeWorkspace();
    const elsewhere = makeWorkspace();
    git(workspace.root, "init", "-q");
    git(workspace.root, "commit", "-q", "--allow-empty", "-m", "x");
    git(workspace.root, "worktree", "add", "-q", "-b", "feat/search", elsewhere.path("search"));
    elsewhere.write("search/status.json", validStatus);
    const { readings } = await readStatus(workspace);
    expect(readings).toMatchObject([
      {
        path: `../${elsewhere.root.split("/").at(-1)}/search/status.json`,
        branch: "feat/search",
        problems: [],
      },
    ]);
  });

  it("counts a worktree once that two names lead to", async () => {
    const workspace = makeWorkspace();
    workspace.write("real/status.json", validStatus);
    mkdirSync(workspace.path(".worktrees"));
    symlinkSync("../real", workspace.path(".worktrees/a"));
    symlinkSync("../real", workspace.path(".worktrees/b"));
    expect((await readStatus(workspace)).readings).toHaveLength(1);
  });

  it("reads every status file of a folder, and one with two names once", async () => {
    const workspace = makeWorkspace();
    workspace.write("jobs/a.json", validStatus);
    workspace.write("jobs/b.json", validStatus.replace("bg_é1", "bg_2"));
    symlinkSync("b.json", workspace.path("jobs/0-latest.json"));
    const { readings } = await readStatus(workspace, "jobs/*.json");
    expect(readings).toMatchObject([
      { path: "jobs/a.json", status: { taskId: "bg_é1" } },
      { path: "jobs/b.json", status: { taskId: "bg_2" } },
    ]);
    const words = ["--root", workspace.root, "--worktrees", "jobs/*.json", "--no-record", "--json"];
    const { stdout } = await runMonitor(words);
    expect(JSON.parse(stdout).tasks.map(({ id }: { id: string }) => id)).toEqual(["bg_2", "bg_é1"]);
  });

  it("searches the given patterns instead of the default", async () => {
    const workspace = makeWorkspace();
    workspace.write(".worktrees/a/status.json", validStatus);
    workspace.write("trees/b/status.json", validStatus);
    workspace.write("more/c/d/status.json", validStatus);
    const { readings, patterns } = await readStatus(workspace, "trees/*/status.json", "more/**/status.json");
    expect(readings.map(({ path }) => path)).toEqual(["more/c/d/status.json", "trees/b/status.json"]);
    expect(patterns).toEqual(["trees/*/status.json", "more/**/status.json"]);
  });

  it("finds nothing where there is nothing", async () => {
    const { bring: _, kept, ...found } = await readStatus(makeWorkspace());
    expect({ ...found, kept: kept([]) }).toEqual({
      patterns: [".worktrees/*/status.json"],
      readings: [],
      ended: [],
      outcome: "read",
      problems: [],
      worktrees: [],
      kept: { files: {}, ended: {} },
    });
  });
});

describe("a task id that two status files claim", () => {
  it("is the first one's, and the other row says so", async () => {
    const workspace = makeWorkspace();
    const status = { status: "running", updatedAt: "2026-11-22T14:29:40Z", taskId: "bg_1" };
    workspace.status("a", { ...status, timestamp: "2026-11-22T14:00:00Z" });
    workspace.status("b", { ...status, timestamp: "2026-11-22T14:10:00Z" });
    const words = ["--root", workspace.root, "--no-record", "--now", "2026-11-22T14:32:00Z"];
    const { stdout } = await runMonitor(words);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "[14:32] a (bg_1): ✓ Healthy - running for 2m, only status.json says so",
      "[14:32] b (.worktrees/b): ✓ Healthy - running for 2m, only status.json says so",
      "    .worktrees/b/status.json: taskId bg_1 is that of .worktrees/a/status.json too; expected an id of its own",
      "2 tasks: 2 healthy",
    ]);
  });
});
