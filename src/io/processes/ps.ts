// What macOS 14 prints: `ps -o lstart` as `Sun Nov 22 14:33:49 2026`, `lsof -F` one field a line with its letter first,
// `sysctl kern.boottime` as `{ sec = 1795350000, usec = 0 } …`.
import { basename } from "node:path";
import type { Processes, ProcessFact, ProcessPaths } from "./processes.ts";

/** Gives a command's output; null when it is missing, fails, or takes too long. */
export type Run = (command: string, args: readonly string[]) => string | null;

const timeLimitMs = 2_000;
const outputLimitBytes = 64 * 1024 * 1024;

/** Reads process facts through `ps`, `lsof` and `sysctl` (macOS), each within a short time limit. */
export function readPs(run: Run = runBriefly): Processes {
  const listed = run("ps", ["-A", "-o", "pid=,stat=,lstart=,comm="]);
  const table = listed === null ? null : parsePs(listed);
  let parents: ReadonlyMap<number, number> | undefined;
  let files: ProcessPaths | null | undefined;
  let folders: ProcessPaths | null | undefined;
  const paths = (args: readonly string[]): ProcessPaths | null => {
    const output = table === null ? null : run("lsof", ["-w", "-n", "-P", "-F", "pn", ...args]);
    return table === null || output === null ? null : parseLsof(output, table);
  };
  return {
    outcome: table === null ? "absent" : "read",
    bootedAt: parseBootTime(run("sysctl", ["-n", "kern.boottime"]) ?? ""),
    pidNamespace: null,
    look: (pid) => lookAt(table, pid),
    childrenOf(pid) {
      parents ??= parseParents(run("ps", ["-A", "-o", "pid=,ppid="]) ?? "");
      return parents.size === 0
        ? null
        : [...parents].flatMap(([child, parent]) => (parent === pid ? [child] : []));
    },
    words(pid) {
      const line = table === null ? null : run("ps", ["-o", "args=", "-p", String(pid)]);
      return line === null ? null : line.trim().split(/\s+/);
    },
    list: () => (table === null ? null : [...table.keys()]),
    lockHolders: () => null,
    openFiles() {
      if (files === undefined) files = paths([]);
      return files;
    },
    workingFolders() {
      if (folders === undefined) folders = paths(["-a", "-d", "cwd"]);
      return folders;
    },
  };
}

function parseParents(output: string): ReadonlyMap<number, number> {
  return new Map(
    output.split("\n").flatMap((line) => {
      const [, pid, parent] = line.match(/^\s*(\d+)\s+(\d+)\s*$/) ?? [];
      return pid === undefined ? [] : [[Number(pid), Number(parent)] as const];
    }),
  );
}

type Table = ReadonlyMap<number, { readonly isZombie: boolean; startedAt: number | null; command: string }>;

function lookAt(table: Table | null, pid: number): ProcessFact {
  const nothing = { startTicks: null, startedAt: null, command: null };
  if (table === null) return { state: "unknown", ...nothing, says: "processes cannot be listed with ps" };
  const found = table.get(pid);
  if (found === undefined) return { state: "gone", ...nothing, says: `pid ${pid} does not exist` };
  const { startedAt, command } = found;
  const known = { startTicks: null, startedAt, command };
  return found.isZombie
    ? { state: "gone", ...known, says: `pid ${pid} is a zombie` }
    : { state: "alive", ...known, says: `pid ${pid} is running` };
}

function parsePs(output: string): Table {
  const table = new Map<number, { isZombie: boolean; startedAt: number | null; command: string }>();
  for (const line of output.split("\n")) {
    const found = line.match(/^\s*(\d+)\s+(\S+)\s+(\w{3} \w{3}\s+\d+ [\d:]{8} \d{4})\s+(.+?)\s*$/);
    const [, pid = "", stat = "", started = "", command = ""] = found ?? [];
    if (found === null) continue;
    const startedAt = Date.parse(`${started} UTC`);
    table.set(Number(pid), {
      isZombie: stat.startsWith("Z"),
      startedAt: Number.isNaN(startedAt) ? null : startedAt,
      command: basename(command),
    });
  }
  return table;
}

// Another user's processes are listed by ps, but lsof does not show their files.
function parseLsof(output: string, table: Table): ProcessPaths {
  const pids = new Map<string, number[]>();
  const seen = new Set<number>();
  let pid = 0;
  for (const line of output.split("\n")) {
    if (line.startsWith("p")) {
      pid = Number(line.slice(1));
      seen.add(pid);
    } else if (line.startsWith("n/")) {
      const path = asWritten(line.slice(1));
      const known = pids.get(path) ?? [];
      if (!known.includes(pid)) known.push(pid);
      pids.set(path, known);
    }
  }
  const hidden = [...table].filter(([id, { isZombie }]) => !seen.has(id) && !isZombie);
  return { pids, unseen: new Set(hidden.map(([, { command }]) => command)) };
}

// In the C locale lsof prints each byte of `é` as `\xNN`, and a backslash twice.
function asWritten(printed: string): string {
  if (!printed.includes("\\")) return printed;
  const bytes = Buffer.from(printed, "utf8").toString("latin1");
  const raw = bytes.replace(/\\(?:x([0-9a-f]{2})|\\)/g, (_, hex?: string) =>
    hex === undefined ? "\\" : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(raw, "latin1").toString("utf8");
}

function parseBootTime(output: string): number | null {
  const seconds = output.match(/\bsec = (\d+)/)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}

function runBriefly(command: string, args: readonly string[]): string | null {
  const { PATH = "/usr/bin:/bin:/usr/sbin:/sbin" } = process.env;
  // Loaded only now: where there is a `/proc` nothing is started.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const done = spawnSync(command, [...args], {
    timeout: timeLimitMs,
    maxBuffer: outputLimitBytes,
    encoding: "utf8",
    // One language and one zone, whatever the user's are.
    env: { PATH, LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  // lsof exits with 1 when it could not look at everything; what it printed still holds.
  return done.error !== undefined || done.signal !== null || done.stdout === "" ? null : done.stdout;
}
