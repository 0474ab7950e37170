import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { mayBeFolder } from "../folders.ts";
import type { Processes, ProcessFact, ProcessPaths } from "./processes.ts";

// The kernel's unit for start times; 100 on every Linux that Bun runs on.
const ticksPerSecond = 100;

/** Reads process facts below `procfs`, a Linux `/proc` or a folder made like one. */
export function readProcfs(procfs: string, now: number): Processes {
  const outcome = folderOutcome(procfs);
  const bootedAt = outcome === "read" ? readBootTime(procfs, now) : null;
  const isHiding = outcome === "read" && hidesOthers(procfs);
  const facts = new Map<number, ProcessFact>();
  let parents: ReadonlyMap<number, number> | null | undefined;
  let locks: ReadonlyMap<string, number> | null | undefined;
  let files: ProcessPaths | null | undefined;
  let folders: ProcessPaths | null | undefined;
  return {
    outcome,
    bootedAt,
    pidNamespace: readPidNamespace(procfs),
    look(pid) {
      const known = facts.get(pid) ?? lookAt(procfs, pid, outcome, bootedAt, isHiding);
      facts.set(pid, known);
      return known;
    },
    childrenOf(pid) {
      if (parents === undefined) parents = outcome === "read" ? readParents(procfs) : null;
      return parents === null
        ? null
        : [...parents].flatMap(([child, parent]) => (parent === pid ? [child] : []));
    },
    words(pid) {
      const words = textOf(join(procfs, String(pid), "cmdline")).split("\0");
      return words[0] === "" ? null : words.filter((word) => word !== "");
    },
    list: () => (outcome === "read" ? listPids(procfs) : null),
    lockHolders() {
      if (locks === undefined) locks = outcome === "read" ? readLocks(procfs) : null;
      return locks;
    },
    openFiles() {
      if (files === undefined) files = outcome === "read" ? readPaths(procfs, openPaths, isHiding) : null;
      return files;
    },
    workingFolders() {
      if (folders === undefined)
        folders = outcome === "read" ? readPaths(procfs, workingFolder, isHiding) : null;
      return folders;
    },
  };
}

// Mounted with `hidepid=2`, `/proc` shows a user's own processes only: not even the first one.
function hidesOthers(procfs: string): boolean {
  return existsSync(join(procfs, "self")) && !existsSync(join(procfs, "1"));
}

function folderOutcome(procfs: string): Processes["outcome"] {
  try {
    readdirSync(procfs);
    return "read";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "denied" : "absent";
  }
}

function lookAt(
  procfs: string,
  pid: number,
  outcome: Processes["outcome"],
  bootedAt: number | null,
  isHiding: boolean,
): ProcessFact {
  const nothing = { startTicks: null, startedAt: null, command: null };
  if (outcome !== "read")
    return { state: "unknown", ...nothing, says: `processes cannot be read at ${procfs}` };
  let stat: string;
  try {
    stat = readFileSync(join(procfs, String(pid), "stat"), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isHiding && code === "ENOENT")
      return { state: "unknown", ...nothing, says: `pid ${pid} is hidden, or does not exist` };
    if (code === "ENOENT" || code === "ESRCH")
      return { state: "gone", ...nothing, says: `pid ${pid} does not exist` };
    return { state: "unknown", ...nothing, says: `pid ${pid} cannot be looked at (${code})` };
  }
  const afterName = statFields(stat);
  const startTicks = afterName[19] ?? null;
  const startedAt =
    bootedAt === null || startTicks === null
      ? null
      : bootedAt + Math.round((Number(startTicks) * 1_000) / ticksPerSecond);
  const known = { startTicks, startedAt, command: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")) };
  if (afterName[0] === "Z" || afterName[0] === "X")
    return { state: "gone", ...known, says: `pid ${pid} is a zombie` };
  return { state: "alive", ...known, says: `pid ${pid} is running` };
}

function readBootTime(procfs: string, now: number): number | null {
  const seconds = textOf(join(procfs, "stat")).match(/^btime (\d+)$/m)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1_000;
  const up = Number.parseFloat(textOf(join(procfs, "uptime")));
  return Number.isFinite(up) ? now - Math.round(up * 1_000) : null;
}

/** Empty where it cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readPidNamespace(procfs: string): string | null {
  try {
    return readlinkSync(join(procfs, "self", "ns", "pid"));
  } catch {
    // Older kernels and made folders have none: pids are then taken as they are.
    return null;
  }
}

function readLocks(procfs: string): ReadonlyMap<string, number> | null {
  try {
    const holders = new Map<string, number>();
    for (const line of readFileSync(join(procfs, "locks"), "utf8").split("\n")) {
      const found = line.match(/^\d+: \S+\s+\S+\s+\S+\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+) /);
      if (found?.[1] !== undefined && found[2] !== undefined) holders.set(found[2], Number(found[1]));
    }
    return holders;
  } catch {
    return null;
  }
}

function readParents(procfs: string): ReadonlyMap<number, number> {
  return new Map(
    listPids(procfs).flatMap((pid) => {
      const [state, parent] = statFields(textOf(join(procfs, String(pid), "stat")));
      return parent === undefined || state === "Z" || state === "X" ? [] : [[pid, Number(parent)] as const];
    }),
  );
}

/** The fields of a process from its state on: its name stands in brackets before them and may hold anything. */
function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function listPids(procfs: string): number[] {
  return readdirSync(procfs)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readPaths(
  procfs: string,
  pathsOf: (processFolder: string) => readonly string[],
  isHiding: boolean,
): ProcessPaths {
  const pids = new Map<string, number[]>();
  const unseen = new Set(isHiding ? ["?"] : []);
  for (const pid of listPids(procfs)) {
    const folder = join(procfs, String(pid));
    try {
      for (const path of pathsOf(folder)) {
        const known = pids.get(path) ?? [];
        if (!known.includes(pid)) known.push(pid);
        pids.set(path, known);
      }
    } catch (error) {
      // A process that ended while it was looked at hides nothing; one that is still there does.
      const program = programOf(folder);
      if (program === null) continue;
      // Refused is its owner's choice; not there at all (a made folder) tells nothing about whose it is.
      unseen.add((error as NodeJS.ErrnoException).code === "ENOENT" ? "?" : program);
    }
  }
  return { pids, unseen };
}

function openPaths(processFolder: string): readonly string[] {
  const folder = join(processFolder, "fd");
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch (error) {
      // Closed since it was listed.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
}

function workingFolder(processFolder: string): readonly string[] {
  return [readlinkSync(join(processFolder, "cwd"))];
}

/** The short name of a process; `?` when it does not tell, null when it is gone. */
function programOf(processFolder: string): string | null {
  try {
    const stat = readFileSync(join(processFolder, "stat"), "utf8");
    // A zombie holds nothing any more.
    if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2))) return null;
    return stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  } catch {
    return mayBeFolder(processFolder) ? "?" : null;
  }
}
