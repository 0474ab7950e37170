// bun run bench:opencode [folder]: builds an OpenCode database of about 2 GB (3,000 sessions, 250,000 parts, 500,000
// events; 50 sessions live), prints the time of a look at it, cold and warm, on the clock and of the processor, and its peak
// memory, and deletes it again. Every look is the first one of its process, as cron's are; times are medians, the processes'
// start-up apart.

import { spawnSync } from "node:child_process";
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProcesses } from "../../src/io/processes/read-processes.ts";
import { opencode } from "../../src/sources/opencode/index.ts";
import { sourceContext } from "../support/source-context.ts";
import { createDatabase } from "../unit/sources/opencode/database.ts";
import { addSteps, fill, live, now } from "./bench-opencode-database.ts";

type Look = {
  readonly found: string;
  readonly ms: number;
  readonly cpuMs: number;
  readonly megabytes: number;
};

if (process.argv[2] === "look")
  await look(process.argv[3] ?? "", process.argv[4] ?? "", process.argv[5] ?? "");
else build();

function build(): void {
  const top = mkdtempSync(join(process.argv[2] ?? tmpdir(), "bench-opencode-"));
  const root = join(realpathSync(top), "demo");
  const data = join(top, "share", "opencode");
  for (let index = 0; index < live; index += 1)
    mkdirSync(join(root, ".worktrees", `w${index}`), { recursive: true });
  mkdirSync(data, { recursive: true });
  try {
    const path = join(data, "opencode.db");
    fill(createDatabase(path), root);
    console.log(`${(statSync(path).size / 1e9).toFixed(2)} GB`);
    const looks = (kind: string, count: number, before: () => void = () => {}) =>
      print(
        kind,
        Array.from({ length: count }, () => lookApart(kind, top, root, before)),
      );
    looks("cold", 5, () => dropFromCache(path));
    looks("warm, nothing kept", 9);
    looks("warm tick", 9);
    let steps = 0;
    looks("warm tick, a step more in each session", 9, () => {
      steps += 1;
      addSteps(path, steps);
    });
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function lookApart(kind: string, top: string, root: string, before: () => void): Look {
  before();
  const words = [import.meta.path, "look", root, join(top, "share"), kind];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout);
}

function print(kind: string, looks: readonly Look[]): void {
  const sorted = (of: "ms" | "cpuMs") => looks.map((look) => look[of]).sort((a, b) => a - b);
  const [times, cpu] = [sorted("ms"), sorted("cpuMs")];
  const at = Math.floor(looks.length / 2);
  const peak = Math.max(...looks.map(({ megabytes }) => megabytes));
  console.log(
    `${kind.padEnd(40)} ${times[at]} ms (${times[0]} to ${times.at(-1)}), user+sys ${cpu[at]} ms (${cpu[0]} to ${cpu.at(-1)}); ${looks.at(-1)?.found}; peak ${peak} MB`,
  );
}

function dropFromCache(path: string): void {
  const fd = openSync(path, "r");
  fdatasyncSync(fd);
  closeSync(fd);
  spawnSync("dd", [`if=${path}`, "iflag=nocache", "count=0"]);
}

async function look(root: string, share: string, kind: string): Promise<void> {
  const procfs = join(share, "proc");
  mkdirSync(procfs, { recursive: true });
  for (const [name, content] of [
    ["uptime", "86400.00 86400.00\n"],
    ["stat", `btime ${now / 1_000 - 86_400}\n`],
    ["locks", ""],
  ] as const)
    writeFileSync(join(procfs, name), content);
  const worktrees = Array.from({ length: live }, (_, index) => ({
    path: join(root, ".worktrees", `w${index}`),
    branch: null,
  }));
  const keptFile = join(share, "kept.json");
  const begun = performance.now();
  const used = process.cpuUsage();
  // Reading and writing what is kept belongs to a tick.
  const kept: unknown = kind.startsWith("warm tick") ? JSON.parse(readFileSync(keptFile, "utf8")) : null;
  const { streams, newEvents, outcome, checkpoint } = await opencode.collect(
    sourceContext(root, now, {
      worktrees,
      env: { XDG_DATA_HOME: share },
      processes: readProcesses(procfs, now),
      checkpoint: kept,
    }),
  );
  writeFileSync(keptFile, JSON.stringify(checkpoint));
  const found: Look = {
    found: `${outcome} ${streams.length} sessions, ${newEvents} new events`,
    ms: Math.round(performance.now() - begun),
    cpuMs: cpuSince(used),
    megabytes: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
  console.log(JSON.stringify(found));
}

function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return Math.round((user + system) / 1_000);
}
