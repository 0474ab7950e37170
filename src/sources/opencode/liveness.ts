// A killed OpenCode leaves the same bytes as a running one: only processes tell. Every version holds a file of `log/` open
// while it runs, from 1.2 the database too; `--print-logs` (to 1.15.13) is without a log file. Its folder is the project's,
// except that one `opencode serve` works for many folders.

import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import type { Liveness } from "../../core/evidence/stream.ts";
import { fieldOf, numberIn, stringIn } from "../../core/text/fields.ts";
import { readJsonFile } from "../../io/open-file.ts";
import type { Processes } from "../../io/processes/processes.ts";
import { realPath } from "../../io/worktrees.ts";
import type { Locations } from "./paths.ts";

/** Start times are known to about a second. */
const startMarginMs = 5_000;

/** Tells whether the process behind an open step of a session in `folder` lives, whose last sign came at `lastActivityAt`. */
export type JudgeLiveness = (folder: string, lastActivityAt: number) => Liveness;

/** Looks at the processes once, when first asked. A process is only called gone when none that could be it is there. */
export function livenessFrom(processes: Processes, locations: Locations): JudgeLiveness {
  let candidates: Candidates | null | undefined;
  return (folder, lastActivityAt) => {
    if (candidates === undefined) candidates = findCandidates(processes, locations);
    if (candidates === null) return { state: "unknown", pid: null, says: "processes cannot be looked into" };
    return judge(candidates, processes, folder, lastActivityAt);
  };
}

/** Processes that hold OpenCode's files, and processes that are OpenCode by their name. */
type Candidates = {
  readonly holders: readonly number[];
  readonly named: readonly number[];
  /** The folder each process works in, where it can be seen. */
  readonly folders: ReadonlyMap<number, string>;
};
/** Programs that could be OpenCode, of those that would not show what they hold. */
const couldBeOpencode = /^(\.?opencode.*|bun|node|\?)$/i;

function findCandidates(processes: Processes, locations: Locations): Candidates | null {
  const holders = findHolders(processes, locations);
  const pids = processes.list();
  // Without a database a copy started by bun or node may hold nothing that gives it away.
  const name = locations.databases.length > 0 ? /^\.?opencode/i : /^(\.?opencode.*|bun|node)$/i;
  if (holders === null || pids === null) return null;
  return {
    holders,
    named: pids.filter((pid) => name.test(processes.look(pid).command ?? "")),
    folders: foldersOf(processes),
  };
}

function foldersOf(processes: Processes): ReadonlyMap<number, string> {
  const folders = new Map<number, string>();
  for (const [folder, workers] of processes.workingFolders()?.pids ?? []) {
    for (const pid of workers) folders.set(pid, folder);
  }
  return folders;
}

function judge(
  { holders, named, folders }: Candidates,
  processes: Processes,
  folder: string,
  lastActivityAt: number,
): Liveness {
  const near = named.filter((pid) => isNear(folders.get(pid), folder));
  const alive = [...new Set([...holders, ...near])].filter((pid) => processes.look(pid).state !== "gone");
  const possible = alive.filter((pid) => !worksElsewhere(pid, folders.get(pid), folder, processes));
  // A process that began after the last sign did not write it.
  const older = possible.filter((pid) => {
    const { startedAt } = processes.look(pid);
    return startedAt === null || startedAt <= lastActivityAt + startMarginMs;
  });
  const own = older.find((pid) => holders.includes(pid) && isNear(folders.get(pid), folder));
  if (own !== undefined) return { state: "alive", pid: own, says: `pid ${own} runs opencode in ${folder}` };
  const [other] = older;
  if (other !== undefined)
    return {
      state: "unknown",
      pid: null,
      says: `pid ${other} may be its opencode, or that of another session`,
    };
  const [later] = possible;
  const [elsewhere] = alive;
  const says =
    later !== undefined
      ? `opencode was started anew (pid ${later}) after the last sign of this session`
      : elsewhere !== undefined
        ? `no opencode works here; pid ${elsewhere} works in ${folders.get(elsewhere)}`
        : "no process holds opencode's database or log";
  return { state: "gone", pid: null, says, ...(later === undefined ? {} : { isProven: true }) };
}

/** It works for one folder only, and that is another one: not this one, nor one above it. */
function worksElsewhere(pid: number, cwd: string | undefined, folder: string, processes: Processes): boolean {
  if (cwd === undefined || isNear(cwd, folder) || folder.startsWith(cwd.endsWith(sep) ? cwd : cwd + sep))
    return false;
  const words = processes.words(pid);
  return words !== null && !words.some((word) => serving.test(word));
}

/** One process that works for many folders: `opencode serve`, `web`, `acp`, and the background service of OpenCode 2. */
const serving = /^(serve|web|acp|service|server|daemon)$|\bserve\b/;

/** Whether a process has its name. */
export function isRunning(processes: Processes): boolean {
  return namedProcesses(processes).length > 0;
}

function namedProcesses(processes: Processes): readonly number[] {
  return (processes.list() ?? []).filter((pid) => /^\.?opencode/i.test(processes.look(pid).command ?? ""));
}

/**
 * Databases that an OpenCode working in one of `folders` has open, where it has none of those that are read: it was started
 * with another `OPENCODE_DB`.
 */
export function databasesElsewhere(
  processes: Processes,
  databases: readonly string[],
  isOfProject: (folder: string) => boolean,
): readonly { readonly pid: number; readonly path: string }[] {
  const named = namedProcesses(processes);
  if (named.length === 0) return [];
  const folders = foldersOf(processes);
  const here = named.filter((pid) => isOfProject(folders.get(pid) ?? "/"));
  if (here.length === 0) return [];
  const files = [...(processes.openFiles()?.pids ?? [])].filter(([path]) => path.endsWith(".db"));
  const known = new Set(databases.map(realPath));
  return here.flatMap((pid) => {
    const paths = files.filter(([, pids]) => pids.includes(pid)).map(([path]) => path);
    return paths.some((path) => known.has(path)) ? [] : paths.map((path) => ({ pid, path }));
  });
}

function findHolders(processes: Processes, locations: Locations): readonly number[] | null {
  const files = processes.openFiles();
  if (files === null || [...files.unseen].some((program) => couldBeOpencode.test(program))) return null;
  const log = realPath(locations.log) + sep;
  const databases = locations.databases.map(realPath);
  const holders = new Set<number>();
  for (const [path, pids] of files.pids) {
    const isOwn =
      path.startsWith(log) || databases.some((database) => path === database || path === `${database}-wal`);
    if (isOwn) for (const pid of pids) holders.add(pid);
  }
  holders.delete(process.pid);
  return [...holders].sort((a, b) => a - b);
}

function isNear(cwd: string | undefined, folder: string): boolean {
  return cwd !== undefined && (cwd === folder || cwd.startsWith(folder + sep));
}

// oh-my-opencode ≥ 4.11 rewrites `storage/oh-my-openagent/tui-state/<hash>.json` every two seconds for each project it runs
// in: the only place on disk that shows a provider retry or a queued task. It names no ids, and a failed child can be shown
// as `completed` there.

const filesRead = 64;
const fileBytes = 1_000_000;
/** Older than this, the plugin no longer runs there. */
const freshMs = 10_000;

/** What a running plugin said about one folder a moment ago. */
export type Heartbeat = {
  readonly at: number;
  readonly agents: readonly { readonly name: string; readonly status: string }[];
  readonly jobs: readonly { readonly title: string; readonly status: string }[];
};

/** The fresh heartbeats, by folder (symlinks resolved). */
export function readHeartbeats(folder: string, now: number): ReadonlyMap<string, Heartbeat> {
  const found = new Map<string, Heartbeat>();
  for (const path of list(folder)) {
    // Rewritten every two seconds, in place: the next look finds it whole.
    const state = readJsonFile(path, fileBytes);
    const [folder, at] = [stringIn(state, "projectDir"), numberIn(state, "updatedAt")];
    if (folder === undefined || at === undefined || Math.abs(now - at) > freshMs) continue;
    const agents = statusesIn(state, "activeAgents", "name").map(([name, status]) => ({ name, status }));
    const jobs = statusesIn(state, "jobBoard", "title").map(([title, status]) => ({ title, status }));
    found.set(realPath(folder), { at, agents, jobs });
  }
  return found;
}

/** What stands in a list: each one's name and status. */
function statusesIn(state: unknown, list: string, key: string): readonly (readonly [string, string])[] {
  const items = fieldOf(state, list);
  return (Array.isArray(items) ? items : []).flatMap((item) => {
    const [name, status] = [stringIn(item, key), stringIn(item, "status")];
    return name === undefined || status === undefined ? [] : [[name, status] as const];
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .slice(0, filesRead)
      .map((name) => join(folder, name));
  } catch {
    // No plugin, or one too old to write here.
    return [];
  }
}
