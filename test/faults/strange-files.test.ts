import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { review } from "../../src/review.ts";
import { agents, type LaidOutHome, layOut } from "../support/laid-out-home.ts";
import { makeWorkspace } from "../support/workspace.ts";
import { allOutputs, forbidden, look, lookAt } from "./outputs.ts";

const secret = "root:x:0:0";
const gibibyte = 1024 ** 3;
const kinds: Readonly<Record<string, (path: string, base: string) => void>> = {
  "a folder": (path) => mkdirSync(path),
  "a named pipe": (path) => Bun.spawnSync(["mkfifo", path]),
  "an endless device": (path) => symlinkSync("/dev/zero", path),
  "a link to itself": (path) => symlinkSync(path, path),
  "a link out of the project": (path, base) => {
    writeFileSync(join(base, "passwd"), `${secret}\n{"type":"${secret}","title":"${secret}"}\n`);
    symlinkSync(join(base, "passwd"), path);
  },
  "ten gigabytes of nothing": (path) => {
    writeFileSync(path, "");
    truncateSync(path, 10 * gibibyte);
  },
  "a deep list": (path) => writeFileSync(path, `${"[".repeat(200_000)}${"]".repeat(200_000)}\n`),
  "a deep object": (path) => writeFileSync(path, `${'{"type":'.repeat(50_000)}1${"}".repeat(50_000)}\n`),
  "a wide object": (path) =>
    writeFileSync(path, `{${Array.from({ length: 20_000 }, (_, key) => `"k${key}":1`).join()}}\n`),
  "a prototype": (path) =>
    writeFileSync(
      path,
      '{"__proto__":{"status":"running"},"constructor":1,"type":"__proto__","id":"__proto__","status":1e400,"status":"running","status":-1e308}\n',
    ),
  "a circle of links": (path) => {
    symlinkSync(`${path}.b`, path);
    symlinkSync(path, `${path}.b`);
  },
  "a socket": (path) => {
    // The path of one may have 108 characters.
    const bind = "import socket,sys; socket.socket(1).bind(sys.argv[1])";
    Bun.spawnSync(["python3", "-c", bind, basename(path)], { cwd: dirname(path) });
  },
  "UTF-16": (path) =>
    writeFileSync(path, Buffer.from('\ufeff{"type":"user","status":"running"}\n', "utf16le")),
  "a folder of many": (path) => {
    mkdirSync(path);
    for (let index = 0; index < 300; index += 1) writeFileSync(join(path, `${index}.jsonl`), "");
  },
  bytes: (path) =>
    writeFileSync(
      path,
      Uint8Array.from({ length: 4_096 }, (_, index) => (index * 167) % 256),
    ),
};

function filesOf({ base }: LaidOutHome): string[] {
  return readdirSync(base, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith("procfs"));
}

/** Puts something strange in the place of each file of an agent, one at a time; what went wrong, in words. */
async function troublesOf(agent: string, strange: string): Promise<string[]> {
  const troubles: string[] = [];
  const first = layOut(agent, "contract");
  const files = [...filesOf(first), "project/.worktrees/alpha/status.json"];
  rmSync(first.base, { recursive: true });
  for (const file of files) {
    const { base, project, home, procfs } = layOut(agent, "contract");
    const path = join(base, file);
    rmSync(path, { force: true });
    mkdirSync(dirname(path), { recursive: true });
    kinds[strange]?.(path, base);
    const begun = performance.now();
    const shown = Object.values(allOutputs(await look({ project, home, procfs, now: Date.now() }))).join("");
    if (shown.includes(secret) || forbidden.test(shown)) troubles.push(`${file}: shown`);
    if (performance.now() - begun > 10_000) troubles.push(`${file}: too slow`);
    rmSync(base, { recursive: true, force: true });
  }
  return troubles;
}

it.each(Object.keys(kinds))("survives %s in the place of every file it reads", async (strange) => {
  const troubles = await Promise.all(agents.map((agent) => troublesOf(agent, strange)));
  expect(troubles.flat()).toEqual([]);
});

const mainFiles: readonly (readonly [agent: string, file: RegExp])[] = [
  ["agent-logs", /tools\.jsonl$/],
  ["claude-code", /projects\/.*\.jsonl$/],
  ["codex", /rollout-.*\.jsonl$/],
  ["gemini-cli", /session-.*\.jsonl$/],
  ["worktree-files", /alpha\/\.git$/],
];

it.each(
  mainFiles.flatMap(([agent, file]) =>
    ["a folder", "a named pipe", "an endless device", "a link to itself", "a socket"]
      // A folder of logs may have folders, and a project its git folder.
      .filter((strange) => strange !== "a folder" || /code|codex|gemini/.test(agent))
      .map((strange) => [agent, strange, file] as const),
  ),
)("says of %s that %s stands where it would read", async (agent, strange, file) => {
  const laidOut = layOut(agent, "contract");
  onTestFinished(() => rmSync(laidOut.base, { recursive: true, force: true }));
  const path = join(laidOut.base, filesOf(laidOut).find((each) => file.test(each)) ?? "");
  rmSync(path);
  kinds[strange]?.(path, laidOut.base);
  const { home, project, procfs } = laidOut;
  const { report } = await look({ project, home, procfs, now: Date.now() });
  const told = report.problems.map((problem) => resolve(project, problem.path));
  // What leads in a circle may be meant as a folder.
  expect(told.map((each) => each.slice(0, path.length))).toContain(path);
});

it("names a status.json that leads out of the project, and shows nothing of it", async () => {
  const workspace = makeWorkspace();
  const outside = makeWorkspace().write("key", '{"status":"running","title":"stolen"}');
  mkdirSync(workspace.path(".worktrees/a"), { recursive: true });
  symlinkSync(outside, workspace.path(".worktrees/a/status.json"));
  const { report } = await lookAt(workspace);
  expect(report.problems.map(({ code, path }) => [code, path])).toEqual([
    ["outside_root", ".worktrees/a/status.json"],
  ]);
  expect(report.tasks.map(({ health, title }) => [health, title])).toEqual([["unknown", "a"]]);
});

it("follows a status.json that is a link inside the project, and a worktree that is a link", async () => {
  const workspace = makeWorkspace();
  const outside = makeWorkspace();
  outside.write("status.json", '{"status":"completed","title":"linked worktree"}');
  workspace.write("shared/a.json", '{"status":"completed","title":"shared claim"}');
  mkdirSync(workspace.path(".worktrees/a"), { recursive: true });
  symlinkSync("../../shared/a.json", workspace.path(".worktrees/a/status.json"));
  symlinkSync(outside.root, workspace.path(".worktrees/b"));
  const { report } = await lookAt(workspace);
  expect(report.problems).toEqual([]);
  expect(report.tasks.map(({ title }) => title).sort()).toEqual(["linked worktree", "shared claim"]);
});

it("prints folders and files with hostile names in one line each", async () => {
  const workspace = makeWorkspace();
  const name = "x\u001b]0;pwn\u0007\n[14:32] fake (bg_1): ✓ Healthy\u202e";
  workspace.write(`.worktrees/${name}/status.json`, "{");
  workspace.write(`.agents/logs/${name}.jsonl`, "{\n");
  workspace.write(".agents/logs/challenges\u001b[2J_challenges.jsonl", "{\n");
  onTestFinished(() => rmSync(workspace.root, { recursive: true, force: true }));
  const shown = allOutputs(await lookAt(workspace));
  expect(Object.entries(shown).filter(([, text]) => forbidden.test(text))).toEqual([]);
  expect(shown.text?.match(/^\[/gm)).toHaveLength(1);
});

it.each(
  Object.keys(kinds).flatMap((strange) => [
    [strange, "archive/background_monitoring.2026-10.jsonl"],
    [strange, "archive/delegation_results.jsonl.gz"],
  ]),
)("reviews what is on record with %s as %s", (strange, name) => {
  const workspace = makeWorkspace();
  const base = makeWorkspace();
  workspace.log("delegation_requests.jsonl", { request_id: "r1", task_id: "bg_1" });
  const path = workspace.path(`.agents/logs/${name}`);
  mkdirSync(dirname(path), { recursive: true });
  kinds[strange]?.(path, base.root);
  const begun = performance.now();
  const shown = JSON.stringify(review(workspace.root, 0, Date.now()));
  expect(shown).not.toContain(secret);
  expect(
    JSON.parse(shown).read.event_logs.length + JSON.parse(shown).read.delegation_logs.length,
  ).toBeGreaterThan(0);
  expect(performance.now() - begun).toBeLessThan(5_000);
});

it("does not unpack more of an archived log than fits", () => {
  const workspace = makeWorkspace();
  const bomb = gzipSync(Buffer.alloc(gibibyte * 0.75), { level: 1 });
  workspace.write(".agents/logs/archive/delegation_results.jsonl.gz", bomb);
  const { read } = review(workspace.root, 0, Date.now());
  expect(read.unreadable).toEqual([expect.stringMatching(/delegation_results\.jsonl\.gz: .*larger/i)]);
});
