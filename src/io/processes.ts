import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * What is known of one process. `unknown`: the facts cannot be read, never "gone". `startTicks` is field 22 of
 * `/proc/<pid>/stat`; `startedAt` in epoch milliseconds.
 */
export type ProcessFact = {
  readonly state: "alive" | "gone" | "unknown";
  readonly startTicks: string | null;
  readonly startedAt: number | null;
  /** The program's short name. */
  readonly command: string | null;
  /** For people: `pid 48213 does not exist`, `pid 48213 is a zombie`. */
  readonly says: string;
};

/** The machine's processes, looked at lazily and once each. */
export type Processes = {
  readonly outcome: "read" | "absent" | "denied";
  /** Epoch milliseconds. */
  readonly bootedAt: number | null;
  look(pid: number): ProcessFact;
  /** Inode → pid of every lock in `/proc/locks`; null when it cannot be read. */
  lockHolders(): ReadonlyMap<string, number> | null;
  /** Path → pids that hold it open; null when not every process could be looked into. */
  openFiles(): ReadonlyMap<string, readonly number[]> | null;
};

// The kernel's unit for start times; 100 on every Linux that Bun runs on.
const ticksPerSecond = 100;

/** Reads process facts below `procfs` (Linux). */
export function readProcesses(procfs: string, now: number): Processes {
  const outcome = folderOutcome(procfs);
  const bootedAt = outcome === "read" ? readBootTime(procfs, now) : null;
  const facts = new Map<number, ProcessFact>();
  let locks: ReadonlyMap<string, number> | null | undefined;
  let files: ReadonlyMap<string, readonly number[]> | null | undefined;
  return {
    outcome,
    bootedAt,
    look(pid) {
      const known = facts.get(pid) ?? lookAt(procfs, pid, outcome, bootedAt);
      facts.set(pid, known);
      return known;
    },
    lockHolders() {
      if (locks === undefined) locks = outcome === "read" ? readLocks(procfs) : null;
      return locks;
    },
    openFiles() {
      if (files === undefined) files = outcome === "read" ? readOpenFiles(procfs) : null;
      return files;
    },
  };
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
): ProcessFact {
  const nothing = { startTicks: null, startedAt: null, command: null };
  if (outcome !== "read")
    return { state: "unknown", ...nothing, says: `processes cannot be read at ${procfs}` };
  let stat: string;
  try {
    stat = readFileSync(join(procfs, String(pid), "stat"), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH")
      return { state: "gone", ...nothing, says: `pid ${pid} does not exist` };
    return { state: "unknown", ...nothing, says: `pid ${pid} cannot be looked at (${code})` };
  }
  // The name stands in brackets and may hold anything, brackets and spaces too.
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
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
  try {
    const seconds = readFileSync(join(procfs, "stat"), "utf8").match(/^btime (\d+)$/m)?.[1];
    if (seconds !== undefined) return Number(seconds) * 1_000;
    const up = Number.parseFloat(readFileSync(join(procfs, "uptime"), "utf8"));
    return Number.isFinite(up) ? now - Math.round(up * 1_000) : null;
  } catch {
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

function readOpenFiles(procfs: string): ReadonlyMap<string, readonly number[]> | null {
  const holders = new Map<string, number[]>();
  let isComplete = true;
  for (const name of readdirSync(procfs)) {
    if (!/^\d+$/.test(name)) continue;
    const folder = join(procfs, name, "fd");
    try {
      for (const fd of readdirSync(folder)) {
        const path = readlinkSync(join(folder, fd));
        const pids = holders.get(path) ?? [];
        if (!pids.includes(Number(name))) pids.push(Number(name));
        holders.set(path, pids);
      }
    } catch (error) {
      // A process that ended while it was looked at hides nothing.
      if (
        statSync(join(procfs, name), { throwIfNoEntry: false }) &&
        (error as NodeJS.ErrnoException).code === "EACCES"
      ) {
        isComplete = false;
      }
    }
  }
  return isComplete ? holders : null;
}
