// bun run bench [small] [ccusage] [part…]: what a look costs beside other programs over the same files, all of them recent: whole
// processes by turns, medians, and in the end each number that is to be reached. `small` takes two minutes, without it some
// twelve and 3 GB of temporary disk. `ccusage` installs that below the temporary folder. Build first (`bun run build`):
// cron runs dist/monitor.
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { aim, aimTimes, type Measured, type Program, printGoals, table } from "./measure.ts";
import { buildFloors, duckdbTasks, findCcusage, jqTasks, shell } from "./rivals.ts";
import { appendCalls, type Calls, writeCalls, writeDelegations, writeYear } from "./write-logs.ts";
import { writeTranscripts, writeWorktrees } from "./write-transcripts.ts";

const words = process.argv.slice(2);
const isSmall = words.includes("small");
const parts = { start, worktrees, logs, transcripts, tasks, delegations, review } as const;
const wanted = words.filter((word) => word in parts);
const runs = isSmall ? 3 : 7;
const coldRuns = isSmall ? 1 : 3;
const program = resolve(import.meta.dirname, "../../dist/monitor");
const base = realpathSync(mkdtempSync(join(tmpdir(), "bench-")));
const home = join(base, "home");
/** A status file is kept when it was not just written: those that agents left are minutes old. */
const settledMs = 2_500;
let empty: Measured | null = null;
const parseFloor = "floor: split and parse every line";
const duckdb = "DuckDB, threads=1: last, counts, in a row";
const daily = "ccusage daily --offline";

if (!existsSync(program)) throw new Error(`${program} is missing: run \`bun run build\` first`);
const ccusage = await findCcusage(words.includes("ccusage"));
const floors = await buildFloors(base);
try {
  mkdirSync(home);
  await start();
  for (const [name, measure] of Object.entries(parts))
    if (name !== "start" && (wanted.length === 0 || wanted.includes(name))) await measure();
  printGoals();
} finally {
  rmSync(base, { recursive: true, force: true });
}

/** Also gives the empty program that all others are held against. */
async function start(): Promise<void> {
  const root = project("start");
  const of = await show(
    "start-up",
    [
      { name: "an empty compiled Bun program", command: [floors.empty] },
      { name: "monitor, empty project", command: look(root) },
      { name: "monitor --version", command: [program, "--version"] },
      { name: "floor: options and a local time", command: [floors.smallest] },
    ],
    3 * runs,
  );
  empty = of("an empty compiled Bun program");
  aimTimes("empty project × an empty compiled program", of("monitor, empty project"), empty, 4.8, "wall");
}

async function worktrees(): Promise<void> {
  for (const [count, most, isLinked] of [
    [1_000, 6, false],
    [10_000, 18, false],
    [1_000, 6, true],
  ] as const) {
    const root = project(`worktrees-${count}-${isLinked}`);
    writeWorktrees(root, count, 100, isLinked);
    await settle(root);
    const jq = `find ${root}/.worktrees -maxdepth 2 -name status.json | xargs jq -r .status`;
    const title = `${count} ${isLinked ? "linked " : ""}worktrees, 100 open`;
    const of = await show(title, [
      { name: "warm tick", command: look(root) },
      { name: "find | xargs jq -r .status", command: shell(jq) },
      tickFloor(root),
    ]);
    const tick = of("warm tick");
    if (empty !== null) aimTimes(`warm tick, ${title} × empty`, tick, empty, most, "wall");
    aimTimes("the same × find | xargs jq", tick, of("find | xargs jq -r .status"), 1, "wall");
    rmSync(root, { recursive: true });
  }
}

async function logs(): Promise<void> {
  const day = { hours: 24, resultBytes: 0 };
  const week = { hours: 168, resultBytes: 1_400 };
  const scale = isSmall ? 0.2 : 1;
  const tables: readonly (readonly [string, Calls, cold: number, duckdb: number])[] = [
    ["100 MB of 24 h, 200 B each, 40 tasks", { ...day, bytes: 100e6 * scale, tasks: 40 }, 1.5, 3],
    ["100 MB of 24 h, 200 B each, 1,500 tasks", { ...day, bytes: 100e6 * scale, tasks: 1_500 }, 1.5, 3],
    ["600 MB of 7 days, 1.6 KB each, 1,500 tasks", { ...week, bytes: 600e6 * scale, tasks: 1_500 }, 1.5, 4],
    [
      "200 MB of 24 h, some of 200 KB, 40 tasks",
      { hours: 24, resultBytes: 200, largeEvery: 200, bytes: 200e6 * scale, tasks: 40 },
      1.5,
      4,
    ],
  ];
  for (const [title, calls, mostOfParse, mostOfDuckdb] of tables) {
    const root = project("logs");
    writeWorktrees(root, 10, 10);
    writeCalls(root, calls);
    await Bun.sleep(settledMs);
    const folder = join(root, ".agents/logs");
    const forget = () => rmSync(join(folder, ".monitor-checkpoint.json"), { force: true });
    const all = `${folder}/tool_calls.jsonl ${folder}/delegation_requests.jsonl ${folder}/delegation_results.jsonl`;
    const of = await show(
      title,
      [
        { name: "first look", command: look(root), before: forget },
        { name: parseFloor, command: [floors.parse, ...all.split(" ")] },
        { name: "floor: the same, counted by task", command: [floors.count, ...all.split(" ")] },
        { name: duckdb, command: duckdbTasks(folder) },
        // It copies what it collects: with thousands of tasks each line would cost what all of them together do.
        ...(calls.tasks > 100 ? [] : [{ name: "jq, the same", command: jqTasks(folder), runs: 1 }]),
        { name: "wc -l", command: shell(`wc -l ${all}`), runs: 3 },
      ],
      coldRuns,
    );
    const first = of("first look");
    aimTimes(`first look, ${title} × split and parse`, first, of(parseFloor), mostOfParse, "cpu");
    aimTimes("the same × DuckDB", first, of(duckdb), mostOfDuckdb, "cpu");
    if (calls.hours > 24) aim("the same: peak", first.peak, 150, "MB");
    await show("the same, later", [
      { name: "warm tick, 100 new lines", command: look(root), before: () => appendCalls(root, calls, 100) },
      tickFloor(root),
    ]);
    rmSync(root, { recursive: true });
  }
}

async function transcripts(): Promise<void> {
  const root = project("transcripts");
  writeWorktrees(root, 50, 50);
  const count = isSmall ? 30 : 150;
  writeTranscripts(home, root, { count, bytes: 4e6, worktrees: 50 });
  await settle(root);
  const title = `${count} Claude sessions of a day, ${count * 4} MB`;
  const files = `find ${home}/.claude -name '*.jsonl' -print0 | xargs -0`;
  const ask: readonly Program[] =
    ccusage === null ? [] : [{ name: daily, command: [ccusage, "daily", "--offline", "--json"] }];
  if (ccusage === null)
    console.log("\nno ccusage: `bun run bench ccusage` installs it below the temporary folder");
  const forget = () => rmSync(checkpointOf(root), { force: true });
  const first = await show(
    title,
    [
      { name: "first look", command: look(root), before: forget },
      { name: parseFloor, command: shell(`${files} ${floors.parse}`) },
      ...ask,
      { name: "wc -l", command: shell(`${files} wc -l`), runs: 3 },
    ],
    coldRuns,
  );
  aimTimes(`first look, ${title} × ccusage`, first("first look"), first(daily), 1, "cpu");
  const warm = await show("the same, later", [
    { name: "warm tick", command: look(root) },
    ...ask,
    tickFloor(root),
  ]);
  aimTimes("warm tick over them × ccusage", warm("warm tick"), warm(daily), 0.05, "wall");
  rmSync(join(home, ".claude"), { recursive: true });
  rmSync(root, { recursive: true });
}

async function tasks(): Promise<void> {
  const root = project("tasks");
  const count = isSmall ? 1_000 : 4_800;
  const calls = { bytes: count * 20_000, hours: 168, resultBytes: 0, tasks: count };
  writeWorktrees(root, 10, 10);
  writeCalls(root, calls);
  await settle(root);
  const title = `${count} tasks of a week`;
  const of = await show(`${title}, checkpoint ${(checkpointBytes(root) / 1e6).toFixed(2)} MB`, [
    { name: "warm tick, 100 new lines", command: look(root), before: () => appendCalls(root, calls, 100) },
    tickFloor(root),
  ]);
  aim(`${title}: checkpoint`, checkpointBytes(root) / 1e6, 5, "MB");
  aimWarm(title, of("warm tick, 100 new lines"), 150, 100);
  rmSync(root, { recursive: true });
}

async function delegations(): Promise<void> {
  const root = project("delegations");
  const count = isSmall ? 10_000 : 100_000;
  writeWorktrees(root, 10, 10);
  writeDelegations(root, count);
  await settle(root);
  const title = `${count} delegations of two weeks`;
  const of = await show(`${title}, checkpoint ${(checkpointBytes(root) / 1e6).toFixed(2)} MB`, [
    { name: "warm tick", command: look(root) },
    tickFloor(root),
  ]);
  aimWarm(title, of("warm tick"), 200, 120);
  rmSync(root, { recursive: true });
}

async function review(): Promise<void> {
  const root = project("review");
  writeWorktrees(root, 30, 30);
  await settle(root);
  const { bytes } = writeYear(root);
  const title = `--review 7d of a year's record, ${(bytes / 1e6).toFixed(0)} MB`;
  const log = join(root, ".agents/logs/background_monitoring.jsonl");
  const of = await show(title, [
    { name: "review", command: [program, "--root", root, "--review", "7d", "--json"] },
    {
      name: "floor: parse the lines of 7 days",
      command: [floors.parse, `${Math.round((bytes * 7) / 365)}`, log],
    },
  ]);
  aimWarm(title, of("review"), 150, 80);
  rmSync(root, { recursive: true });
}

function aimWarm(
  title: string,
  { wallMs, cpuMs, peak }: Measured,
  mostMs: number,
  mostMegabytes: number,
): void {
  aim(`${title}: wall`, wallMs, mostMs, "ms", cpuMs);
  aim(`${title}: peak`, peak, mostMegabytes, "MB");
}

function show(title: string, programs: readonly Program[], times: number = runs) {
  return table(title, programs, { runs: times, home, empty });
}

/** A tick that finds nothing new, without all that the monitor knows. */
function tickFloor(root: string): Program {
  return { name: "floor: list, stat, read and write what is kept", command: [floors.tick, root, home] };
}

/** Lets the disk's clock go on, and makes the look after which all others are warm. */
async function settle(root: string): Promise<void> {
  await Bun.sleep(settledMs);
  const { exitCode } = Bun.spawnSync([...look(root)], {
    env: { PATH: process.env.PATH, HOME: home, TERM: "dumb" },
  });
  if (exitCode > 1) throw new Error(`the first look at ${root} failed (${exitCode})`);
}

function checkpointOf(root: string): string {
  return join(root, ".agents/logs/.monitor-checkpoint.json");
}

function checkpointBytes(root: string): number {
  return statSync(checkpointOf(root)).size;
}

function project(name: string): string {
  const root = join(base, name);
  mkdirSync(root);
  return root;
}

function look(root: string): readonly string[] {
  return [program, "--root", root, "--json"];
}
