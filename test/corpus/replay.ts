import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { z } from "zod";
import { type RecordedAgent, type RecordedProcess, recordedAgents } from "./agents.ts";

export const Manifest = z.object({
  agent: z.string(),
  version: z.string(),
  scenario: z.string(),
  trueState: z.object({ live: z.string().nullable(), final: z.string().nullable() }),
  expect: z.object({ progress: z.tuple([z.number(), z.number()]).optional(), fails: z.number().optional() }),
  worktree: z.string().optional(),
  started: z.string().optional(),
  ended: z.string().optional(),
});
export type Manifest = z.infer<typeof Manifest>;

const Live = z.object({
  pid: z.number(),
  stat: z.string().optional(),
  desc: z.array(z.object({ pid: z.number() })).default([]),
  locks: z.array(z.object({ n: z.string(), ino: z.number() })).default([]),
  openFds: z.array(z.string()).default([]),
});

/** A recorded moment, set up so that the monitor can look at it. */
export type Replay = {
  readonly manifest: Manifest;
  readonly root: string;
  readonly procfs: string;
  readonly env: Readonly<Record<string, string>>;
  /** Newest time found in the recording, epoch milliseconds. */
  readonly newestAt: number;
  readonly isInteractive: boolean;
  readonly hasProcessEvidence: boolean;
  remove(): void;
};

const recordedRoot = "/srv/demo";
const ended = /^(killed|exited|stopped|worker crashed|terminated)/;

/** Copies one phase of a recorded run below a temporary root and makes the `/proc` that held then. */
export function replay(run: string, phase: "live" | "final"): Replay {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(run, "manifest.json"), "utf8")));
  const agent = recordedAgents[manifest.agent];
  if (agent === undefined) throw new Error(`${run}: unknown agent ${manifest.agent}`);
  const root = mkdtempSync(join(tmpdir(), "corpus-"));
  const config = join(root, "home", "config");
  cpSync(join(run, phase, "config"), config, { recursive: true, preserveTimestamps: true });
  const newest = { at: 0 };
  const worktrees = new Set<string>();
  rewrite(config, root, newest, worktrees);
  if (manifest.worktree !== undefined) worktrees.add(basename(manifest.worktree));
  for (const name of worktrees) mkdirSync(join(root, ".worktrees", name), { recursive: true });
  const isSnapshot = manifest.ended === undefined;
  const isAlive = phase === "live" || (isSnapshot && !ended.test(manifest.trueState.final ?? ""));
  const procfs = join(root, "procfs");
  makeProcfs(procfs, run, config, agent, manifest, isAlive);
  return {
    manifest,
    root,
    procfs,
    env: { HOME: join(root, "home"), [agent.variable]: config },
    newestAt: newest.at,
    isInteractive: manifest.scenario.startsWith("int-"),
    hasProcessEvidence: agent.hasProcessEvidence(config),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

const slug = (path: string) => path.replace(/[^a-zA-Z0-9]/g, "-");

function rewrite(folder: string, root: string, newest: { at: number }, worktrees: Set<string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = entry.name.replaceAll(slug(recordedRoot), slug(root));
    const path = join(folder, name);
    if (name !== entry.name) renameSync(join(folder, entry.name), path);
    if (entry.isDirectory()) rewrite(path, root, newest, worktrees);
    else if (entry.isFile() && !/\.sqlite/.test(name)) {
      const { atime, mtime } = statSync(path);
      const text = readFileSync(path, "utf8");
      for (const [found] of text.matchAll(/(?<=\/srv\/demo\/\.worktrees\/)[A-Za-z0-9._-]+/g))
        worktrees.add(found);
      for (const [found] of text.matchAll(/(?<="(?:timestamp|updatedAt|lastUpdated)":\s*")\d{4}-[^"]+/g))
        newest.at = Math.max(newest.at, Date.parse(found) || 0);
      writeFileSync(path, text.replaceAll(recordedRoot, root).replaceAll(slug(recordedRoot), slug(root)));
      utimesSync(path, atime, mtime);
    }
  }
}

function makeProcfs(
  procfs: string,
  run: string,
  config: string,
  agent: RecordedAgent,
  manifest: Manifest,
  isAlive: boolean,
): void {
  mkdirSync(procfs);
  const named = agent.processes(config);
  const livePath = join(run, "live.json");
  const live = existsSync(livePath) ? Live.parse(JSON.parse(readFileSync(livePath, "utf8"))) : null;
  const processes: RecordedProcess[] = [...named];
  if (live !== null)
    for (const pid of [live.pid, ...live.desc.map((child) => child.pid)]) {
      if (processes.some((known) => known.pid === pid)) continue;
      const startTicks =
        pid === live.pid && live.stat !== undefined
          ? (live.stat.slice(live.stat.lastIndexOf(")") + 2).split(" ")[19] ?? null)
          : null;
      processes.push({ pid, name: manifest.agent, startTicks, startedAt: null });
    }
  const bootedAt = bootTime(processes, manifest);
  writeFileSync(join(procfs, "stat"), `cpu  1 1 1 1\nbtime ${Math.floor(bootedAt / 1_000)}\n`);
  writeFileSync(join(procfs, "uptime"), "4000.00 4000.00\n");
  writeFileSync(join(procfs, "locks"), "");
  if (!isAlive) return;
  for (const { pid, name, startTicks } of processes) {
    const ticks =
      startTicks ?? String(Math.max(1, Math.round((Date.parse(manifest.started ?? "") - bootedAt) / 10)));
    mkdirSync(join(procfs, String(pid), "fd"), { recursive: true });
    const stat = `${pid} (${name}) S ${"0 ".repeat(18)}${ticks} 0 0\n`;
    writeFileSync(join(procfs, String(pid), "stat"), pid === live?.pid ? (live.stat ?? stat) : stat);
  }
  if (live === null) return;
  linkOpenFiles(procfs, config, live.openFds);
  writeFileSync(join(procfs, "locks"), heldLocks(run, config, live.locks));
}

/** The boot time that agrees with every recorded start; without one, an hour before the run. */
function bootTime(processes: readonly RecordedProcess[], manifest: Manifest): number {
  for (const { startTicks, startedAt } of processes)
    if (startTicks !== null && startedAt !== null) return startedAt - Number(startTicks) * 10 - 1_000;
  return (Date.parse(manifest.started ?? "") || 3_600_000) - 3_600_000;
}

// Recorded as `<pid> <path>`; the part below the recorded home names the file in the copy.
function linkOpenFiles(procfs: string, config: string, openFds: readonly string[]): void {
  for (const [index, line] of openFds.entries()) {
    const found = line.match(/^(\d+) (?:\/srv\/lab\/home\/[^/]+\/)?(.+)$/);
    if (found?.[1] === undefined || found[2] === undefined) continue;
    const folder = join(procfs, found[1], "fd");
    mkdirSync(folder, { recursive: true });
    symlinkSync(found[2].startsWith("/") ? found[2] : join(config, found[2]), join(folder, String(index)));
  }
}

function heldLocks(run: string, config: string, locks: readonly { n: string; ino: number }[]): string {
  const path = join(run, "proc-locks.txt");
  if (!existsSync(path)) return "";
  const inodes = new Map(
    locks.flatMap(({ n, ino }) => {
      const copied = statSync(join(config, "thread-writer-locks", n), { throwIfNoEntry: false });
      return copied ? [[String(ino), String(copied.ino)]] : [];
    }),
  );
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => inodes.has(line.match(/:(\d+) /)?.[1] ?? ""))
    .map((line) => line.replace(/:(\d+) /, (_, inode: string) => `:${inodes.get(inode)} `))
    .join("\n")
    .concat("\n");
}
