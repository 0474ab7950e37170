import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cli, run, runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const nowText = "2026-11-22T14:32:00Z";
const now = Date.parse(nowText);
const eventLog = ".agents/logs/background_monitoring.jsonl";
const checkpoint = ".agents/logs/.monitor-checkpoint.json";
const look = ({ root }: Workspace, ...words: readonly string[]) =>
  runMonitor(["--root", root, "--now", nowText, ...words]);

function workspaceWith(word: string): Workspace {
  const workspace = makeWorkspace();
  workspace.status("a", { taskId: "bg_1", status: word, timestamp: now - 60_000, updatedAt: now - 60_000 });
  return workspace;
}

describe("what cannot be written", () => {
  it("is named: the checkpoint, when a folder stands in its place", async () => {
    const workspace = workspaceWith("running");
    mkdirSync(workspace.path(`${checkpoint}/x`), { recursive: true });
    const { exitCode, stderr } = await look(workspace);
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringMatching(
        /^monitor: \S+\.monitor-checkpoint\.json: cannot be written \(.+\); remove it, or/,
      ),
    ]);
    expect(existsSync(workspace.path(eventLog))).toBe(true);
  });

  it("is never the record itself as metrics", async () => {
    const workspace = workspaceWith("running");
    await look(workspace);
    const before = readFileSync(workspace.path(eventLog), "utf8");
    const { exitCode, stderr } = await look(
      workspace,
      "--no-record",
      "--prometheus",
      workspace.path(eventLog),
    );
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringMatching(/own record\); give --prometheus a file of its own/),
    ]);
    expect(readFileSync(workspace.path(eventLog), "utf8")).toBe(before);
  });

  it("costs no exit code that says something worse", async () => {
    const workspace = workspaceWith("failed");
    mkdirSync(workspace.path(eventLog), { recursive: true });
    expect((await look(workspace, "--check", "--quiet")).exitCode).toBe(2);
  });
});

describe("news that nobody got", () => {
  const later = new Date(now + 240_000).toISOString();
  const ends = (workspace: Workspace) =>
    workspace.status("a", { taskId: "bg_1", status: "failed", timestamp: now - 60_000, updatedAt: now });
  /** A look that would tell a failure, its output left to `shell`; what the next look tells. */
  const toldAfter = async (shell: string) => {
    const workspace = workspaceWith("running");
    await look(workspace, "--changed");
    ends(workspace);
    const words = [cli, "--root", workspace.root, "--now", later, "--changed"];
    await run(["bash", "-c", shell, "bash", ...words]);
    return (await runMonitor(["--root", workspace.root, "--now", later, "--changed"])).stdout;
  };

  it.each([
    ["a closed output", 'bun "$@" >&-'],
    ["a pipe whose reader is gone", 'bun "$@" | exec true'],
    ["a reader that goes away at once", 'exec 3> >(exec true); wait $!; bun "$@" >&3'],
  ])("is told by the next look: %s", async (_, shell) => {
    expect(await toldAfter(shell)).toContain("Failed");
  });

  it.runIf(existsSync("/dev/full"))("is told by the next look: a full disk", async () => {
    expect(await toldAfter('bun "$@" > /dev/full')).toContain("Failed");
  });

  it.each([
    ["a pipe", 'bun "$@" | cat'],
    ["a file", 'bun "$@" > "$3/out.txt"'],
    ["nobody, as was asked for", 'bun "$@" > /dev/null'],
  ])("was told where there was %s", async (_, shell) => {
    expect(await toldAfter(shell)).toBe("");
  });
});

it("leaves nothing in a folder in which no agent ever worked", async () => {
  const workspace = makeWorkspace();
  await look(workspace);
  expect(readdirSync(workspace.root)).toEqual([]);
});

it("reads its record again whatever the umask was", async () => {
  const workspace = workspaceWith("running");
  const words = `bun ${cli} --root ${workspace.root} --now ${nowText}`;
  expect(await run(["sh", "-c", `umask 0777; ${words} && ${words}`])).toMatchObject({
    exitCode: 0,
    stderr: "",
  });
  expect(lstatSync(workspace.path(eventLog)).mode & 0o777).toBe(0o600);
});

it("believes no checkpoint that somebody else may write", async () => {
  const workspace = workspaceWith("running");
  workspace.log("calls.jsonl", { task_id: "bg_1", tool: "edit", timestamp: now - 10_000, ok: true });
  await look(workspace);
  const newEvents = async () => {
    const { stdout } = await look(workspace, "--no-record", "--json");
    return JSON.parse(stdout).collected.sources.find(({ id }: { id: string }) => id === "agent_logs")
      .new_events;
  };
  expect(await newEvents()).toBe(0);
  chmodSync(workspace.path(checkpoint), 0o666);
  expect(await newEvents()).toBeGreaterThan(0);
  rmSync(workspace.path(checkpoint));
});
