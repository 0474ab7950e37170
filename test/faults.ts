// Kills real runs at random moments, starts 32 at once, fails reads and writes; afterwards every line that was recorded
// still stands, and the next run heals what is torn. `bun test/faults.ts [kills=1000] [seed=1]`
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MonitoringEvent } from "../src/core/monitoring-event.ts";
import { projectFolder, run } from "./program.ts";

const [kills = 1_000, seed = 1] = process.argv.slice(2).map(Number);
const cli = join(projectFolder, "src/cli.ts");
const bun = join(projectFolder, "node_modules/.bin/bun");
const tasks = 24;
let state = seed;
const random = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
let crashes = 0;
let clock = Date.parse("2026-11-22T14:00:00Z");

const root = realpathSync(mkdtempSync(join(tmpdir(), "faults-")));
const logs = join(root, ".agents/logs");
const eventLog = join(logs, "background_monitoring.jsonl");
mkdirSync(logs, { recursive: true });
const words = ["running", "failed", "completed", "created", "timeout"];
for (let index = 0; index < tasks; index += 1) writeStatus(index);

type Row = { fault: string; tried: number; rows: number; records: number; crashes: number };
const table: Row[] = [];

await repeated("SIGKILL at a random moment", kills, async () => {
  await spawnRun({ killAfterMs: random() * 160 });
});
await repeated("32 runs at once", 3, async () => {
  await Promise.all(Array.from({ length: 32 }, () => spawnRun({})));
});
await repeated("writers append while it reads", 10, async () => {
  const done = spawnRun({});
  for (let index = 0; index < 400; index += 1)
    appendFileSync(
      join(logs, "calls.jsonl"),
      `${JSON.stringify({ task_id: `bg_${index % tasks}`, tool: "edit", ok: index % 3 > 0, timestamp: clock - index })}\n`,
    );
  await done;
});
await repeated("a log rotated or cut in the middle", 10, async () => {
  const done = spawnRun({});
  await Bun.sleep(random() * 60);
  writeFileSync(join(logs, "calls.jsonl"), '{"tool":"edit","ok":true,"timesta');
  await done;
});
await repeated("the clock set back and forward", 6, async (index) => {
  await spawnRun({ now: clock + (index % 2 === 0 ? -1 : 1) * 36e5 * index });
});
await repeated("other time zones and DST", 4, async (index) => {
  await spawnRun({
    env: { TZ: ["America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Europe/Berlin"][index] ?? "UTC" },
    now: Date.parse("2026-11-01T06:30:00Z"),
  });
});
await repeated("no space behind the first bytes (ulimit -f)", 10, async () => {
  const blocks = Math.ceil(readFileSync(eventLog).length / 1024);
  await run([
    "bash",
    "-c",
    `ulimit -f ${blocks}; trap '' XFSZ; exec ${bun} ${cli} --root ${root} --now ${new Date(clock).toISOString()}`,
  ]);
});
await traced("EIO", "read,pread64", 60);
await traced("EINTR", "read,pread64", 30);
await traced("ENOSPC", "write,pwrite64", 6);
await traced("EIO", "openat", 60);
await repeated("the folder of the log vanished", 1, async () => {
  rmSync(logs, { recursive: true });
  await spawnRun({});
});
rmSync(root, { recursive: true });
console.table(table);
process.exitCode = table.some(({ rows, records, crashes }) => rows + records + crashes > 0) ? 1 : 0;

async function repeated(
  fault: string,
  times: number,
  once: (index: number) => Promise<unknown>,
): Promise<void> {
  const row: Row = { fault, tried: times, rows: 0, records: 0, crashes: 0 };
  for (let index = 0; index < times; index += 1) {
    clock += 240_000;
    for (let changed = 0; changed < 3; changed += 1) writeStatus(Math.floor(random() * tasks));
    const before = linesOf();
    crashes = 0;
    await once(index);
    const after = linesOf();
    // A torn last line may get its end; every whole one stands as it was.
    if (!fault.includes("vanished") && before.whole.some((line, at) => after.whole[at] !== line))
      row.records += 1;
    row.crashes += crashes;
    if (index % 25 === 24 || index === times - 1) {
      clock += 240_000;
      const { stdout, exitCode, stderr } = await run([
        bun,
        cli,
        "--root",
        root,
        "--now",
        new Date(clock).toISOString(),
        "--since",
        "9000d",
        "--json",
      ]);
      const report = exitCode === 0 ? JSON.parse(stdout) : null;
      if (report === null) console.error(fault, exitCode, stderr);
      row.rows +=
        report === null
          ? tasks
          : tasks - new Set(report.tasks.map((task: { worktree: string }) => task.worktree)).size;
      // The torn lines stay, closed; all others are events, and the last one is of this run.
      const healed = linesOf();
      if (healed.torn !== "" || isEvent(healed.whole.at(-1) ?? "") === false) row.records += 1;
    }
  }
  table.push(row);
  console.error(JSON.stringify(row));
}

async function traced(error: string, calls: string, times: number): Promise<void> {
  if (!existsSync("/usr/bin/strace")) return console.error(`skipped: ${error} needs strace`);
  await repeated(`${error} at one ${calls} of a run`, times, async (index) => {
    const marked = join(root, "trace");
    // Only reads of the project's own files: those of the runtime are not ours to survive.
    const inject = [
      "-P",
      eventLog,
      "-P",
      join(logs, "calls.jsonl"),
      "-P",
      join(root, ".worktrees/w1/status.json"),
      "-P",
      join(root, ".worktrees/w2/status.json"),
    ];
    const ran = await run([
      "strace",
      "-f",
      "-o",
      marked,
      ...inject,
      "-e",
      `inject=${calls}:error=${error}:when=${1 + (index % 12)}`,
      bun,
      cli,
      "--root",
      root,
      "--now",
      new Date(clock).toISOString(),
      "--json",
      "--since",
      "9000d",
    ]);
    if (ran.exitCode !== 0 && ran.exitCode !== 3) crashes += 1;
    if (ran.exitCode === 3 && !/background_monitoring/.test(ran.stderr)) {
      crashes += 1;
      console.error(error, calls, index, ran.stderr.slice(0, 300));
    }
    const found = ran.stdout === "" ? 0 : JSON.parse(ran.stdout).tasks.length;
    if (found < tasks) {
      crashes += 1;
      console.error(error, calls, index, `only ${found} rows`, ran.stderr.slice(0, 300));
    }
  });
}

async function spawnRun(options: {
  killAfterMs?: number;
  now?: number;
  env?: Readonly<Record<string, string>>;
}): Promise<void> {
  const child = Bun.spawn([bun, cli, "--root", root, "--now", new Date(options.now ?? clock).toISOString()], {
    env: { PATH: process.env.PATH ?? "", HOME: root, TZ: "UTC", TERM: "xterm", ...options.env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const timer =
    options.killAfterMs === undefined ? null : setTimeout(() => child.kill("SIGKILL"), options.killAfterMs);
  const stderr = await new Response(child.stderr).text();
  await child.exited;
  if (timer !== null) clearTimeout(timer);
  if (child.signalCode === null && (child.exitCode !== 0 || stderr !== "")) {
    crashes += 1;
    console.error(child.exitCode, stderr.slice(0, 300));
  }
}

function writeStatus(index: number): void {
  const folder = join(root, `.worktrees/w${index}`);
  mkdirSync(folder, { recursive: true });
  const status = words[Math.floor(random() * words.length)];
  writeFileSync(
    join(folder, "status.json"),
    JSON.stringify({ status, taskId: `bg_${index}`, timestamp: clock, updatedAt: clock }),
  );
}

function linesOf(): { whole: string[]; torn: string } {
  const text = existsSync(eventLog) ? readFileSync(eventLog, "utf8") : "";
  const parts = text.split("\n");
  return { torn: parts.pop() ?? "", whole: parts };
}

function isEvent(line: string): boolean {
  try {
    return MonitoringEvent.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
}
