// bun run bench [quick|full] [folder] [part…]: what a look costs beside other programs over the same files. Prints medians and
// ratios within this one run, with the peak memory. `quick` takes about a minute and 1 GB of temporary disk, `full`
// some ten minutes and 8 GB; all of it is deleted again. Build first (`bun run build`): cron runs dist/monitor.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { appendCalls, now, writeLogs, writeWorktrees } from "./bench-logs.ts";
import { writeTranscripts } from "./bench-transcripts.ts";

const scales = {
  quick: { worktrees: [10, 1_000], logs: [10e6, 50e6, 300e6], transcripts: [1e6, 100e6] },
  full: { worktrees: [10, 1_000, 10_000], logs: [10e6, 50e6, 1e9, 5e9], transcripts: [1e6, 100e6, 600e6] },
} as const;

type Measured = { readonly ms: number; readonly megabytes: number };
const nothing: Measured = { ms: Number.NaN, megabytes: Number.NaN };

/**
 * Of each task of the last day: its calls and failures, with its request and result. Twice through the calls, since jq
 * copies what it collects: with all tasks in hand each line would cost what all tasks together do.
 */
const jqJoin = (logs: string) => `set -e
ids=$(jq -n -c '[inputs | select(.tool and .timestamp > "2026-11-21T14:32:00Z") | .task_id] | unique | INDEX(.)' ${logs}/tool_calls.jsonl)
jq -n --argjson ids "$ids" 'reduce (inputs | select($ids[.task_id])) as $r ({};
  if $r.tool then .[$r.task_id].calls += 1 | .[$r.task_id].failures += (if $r.status == "failure" then 1 else 0 end)
  elif $r.subagent_type then .[$r.task_id].type = $r.subagent_type
  else .[$r.task_id].status = $r.status end) | length' ${logs}/delegation_*.jsonl ${logs}/tool_calls.jsonl`;

const duckdbJoin = `import { DuckDBInstance } from "@duckdb/node-api";
const logs = process.argv[2];
const connection = await (await DuckDBInstance.create()).connect();
const read = (name) => \`read_json('\${logs}/\${name}.jsonl', format = 'newline_delimited', columns = \`;
const result = await connection.runAndReadAll(\`
  select c.task_id, count(*), count(*) filter (c.status = 'failure'), max(c.timestamp) as last, any_value(q.subagent_type), any_value(r.status)
  from \${read("tool_calls")} {task_id: 'VARCHAR', status: 'VARCHAR', timestamp: 'VARCHAR', tool: 'VARCHAR'}) c
  left join \${read("delegation_requests")} {request_id: 'VARCHAR', task_id: 'VARCHAR', subagent_type: 'VARCHAR'}) q on q.task_id = c.task_id
  left join \${read("delegation_results")} {request_id: 'VARCHAR', task_id: 'VARCHAR', status: 'VARCHAR'}) r on r.task_id = c.task_id
  group by c.task_id having last > '2026-11-21T14:32:00Z'\`);
console.log(result.currentRowCount);
`;

const scale = process.argv[2] === "full" ? scales.full : scales.quick;
const program = resolve(import.meta.dirname, "../../dist/monitor");
const base = realpathSync(mkdtempSync(join(process.argv[3] ?? tmpdir(), "bench-")));
const home = join(base, "home");
const emptyScript = join(base, "empty.ts");
/** A status file is kept when it was not just written: those that agents left are minutes old. */
const settledMs = 2_500;
const timeProgram = "/usr/bin/time";
const peakFile = join(base, "peak");
let emptyMs = 1;

try {
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`bun run build\` first`);
  mkdirSync(home);
  writeFileSync(emptyScript, "");
  await benchStart();
  if (has("worktrees")) for (const count of scale.worktrees) await benchWorktrees(count);
  if (has("transcripts")) for (const bytes of scale.transcripts) await benchTranscripts(bytes);
  if (has("logs")) for (const bytes of scale.logs) await benchLogs(bytes);
} finally {
  rmSync(base, { recursive: true, force: true });
}

/** Whether a part is wanted: `worktrees`, `transcripts`, `logs`; without any named, all are. */
function has(part: string): boolean {
  const named = process.argv.slice(4);
  return named.length === 0 || named.includes(part);
}

async function benchStart(): Promise<void> {
  const root = project("start");
  console.log("start-up                                    median   × empty script   peak memory");
  const empty = await measure(["bun", emptyScript], 15);
  emptyMs = empty.ms;
  print("an empty Bun script", empty);
  print("only commander and a local time", await measure([await smallestProgram()], 15));
  print("dist/monitor --version", await measure([program, "--version"], 15));
  print("dist/monitor, empty project", await measure(look(root), 15));
}

async function benchWorktrees(count: number): Promise<void> {
  const root = project(`worktrees-${count}`);
  writeWorktrees(root, count);
  await Bun.sleep(settledMs);
  console.log(`\n${count} worktrees`);
  await measure(look(root), 1);
  const warm = await measure(look(root), 7);
  print("warm tick", warm, `${((warm.ms / count) * 1_000).toFixed(0)} µs a worktree`);
  print(
    "find | xargs jq",
    await measure(
      shell(`find ${root}/.worktrees -name status.json | xargs jq -c '[.taskId,.status,.updatedAt]'`),
      5,
    ),
  );
  rmSync(root, { recursive: true });
}

async function benchLogs(bytes: number): Promise<void> {
  const root = project(`logs-${bytes}`);
  writeWorktrees(root, 1_000);
  writeLogs(root, bytes);
  await Bun.sleep(settledMs);
  const logs = join(root, ".agents/logs");
  console.log(`\n${size(bytes)} of logs, 1,000 worktrees`);
  const coldRuns = bytes > 1e9 ? 3 : 9;
  // By turns: a busy machine is busy for both.
  const [cold = nothing, duckdb = nothing] = await compare(
    [look(root), ["bun", script("duckdb.ts", duckdbJoin), logs]],
    coldRuns,
    () => rmSync(join(logs, ".monitor-checkpoint.json"), { force: true }),
  );
  print("cold run", cold);
  const warm = await measure(look(root), 7, (run) => appendCalls(root, 100, now - 30_000 + run * 1_000));
  print("warm tick, 100 new lines", warm);
  print("wc -l", await measure(shell(`wc -l ${logs}/*.jsonl`), 3));
  print("jq, the same join", await measure(shell(jqJoin(logs)), 1));
  print("DuckDB, the same join", duckdb);
  rmSync(root, { recursive: true });
}

async function benchTranscripts(bytes: number): Promise<void> {
  const root = project(`transcripts-${bytes}`);
  writeWorktrees(root, 10);
  const sessions = writeTranscripts(home, root, 10, bytes);
  console.log(`\n${size(bytes)} of Claude Code transcripts, ${sessions} sessions of 30 days`);
  const checkpoint = join(root, ".agents/logs/.monitor-checkpoint.json");
  print("first look", await measure(look(root), 3, () => rmSync(checkpoint, { force: true })));
  print("warm tick", await measure(look(root), 7));
  print("wc -l", await measure(shell(`find ${home}/.claude -name '*.jsonl' | xargs wc -l`), 3));
  const ccusage = process.env.CCUSAGE ?? "bunx ccusage";
  print("ccusage daily", await measure(shell(`${ccusage} daily --offline --json`), 3));
  rmSync(join(home, ".claude"), { recursive: true });
  rmSync(root, { recursive: true });
}

function project(name: string): string {
  const root = join(base, name);
  mkdirSync(root);
  return root;
}

function look(root: string): string[] {
  return [program, "--root", root, "--now", new Date(now).toISOString(), "--json"];
}

function shell(line: string): string[] {
  return ["bash", "-o", "pipefail", "-c", line];
}

/** A script in the project, so that it finds the packages. */
function script(name: string, text: string): string {
  const path = join(import.meta.dirname, `../../dist/bench-${name}`);
  writeFileSync(path, text);
  return path;
}

/** What this program cannot start without, built as it is: the package that reads its options, and `[HH:MM]`. */
async function smallestProgram(): Promise<string> {
  const text = `import { Command } from "commander";
new Command().option("--json").parse();
new Date().getHours();
`;
  const built = join(base, "smallest");
  const how = ["--compile", "--minify", "--bytecode", "--format=esm", `--outfile=${built}`];
  await Bun.$`bun build ${script("smallest.ts", text)} ${how}`.quiet();
  return built;
}

async function measure(
  command: readonly string[],
  runs: number,
  before?: (run: number) => void,
): Promise<Measured> {
  const [measured] = await compare([command], runs, before);
  return measured ?? nothing;
}

/** Each command so many times, by turns: a busy machine is busy for all of them. */
async function compare(
  commands: readonly (readonly string[])[],
  runs: number,
  before?: (run: number) => void,
): Promise<Measured[]> {
  const all = commands.map((command) => ({ command, measured: [] as Measured[] }));
  for (let run = 0; run < runs; run += 1) {
    before?.(run);
    for (const { command, measured } of all) measured.push(await runOnce(command));
  }
  return all.map(({ measured }) => {
    const times = measured.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      ms: times.some(Number.isNaN) ? Number.NaN : (times[Math.floor(times.length / 2)] ?? 0),
      megabytes: Math.max(...measured.map(({ megabytes }) => megabytes)),
    };
  });
}

async function runOnce(command: readonly string[]): Promise<Measured> {
  const begun = performance.now();
  // Linux counts the memory of who starts a program as the program's: a small program in between keeps ours out.
  const isTimed = existsSync(timeProgram);
  const child = Bun.spawn(isTimed ? [timeProgram, "-f", "%M", "-o", peakFile, ...command] : [...command], {
    env: { PATH: process.env.PATH, HOME: home, TERM: "dumb" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const trouble = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) return failed(command, trouble);
  const ms = performance.now() - begun;
  return { ms, megabytes: isTimed ? (Number(readFileSync(peakFile, "utf8").trim()) * 1_024) / 1e6 : 0 };
}

function failed(command: readonly string[], trouble: string): Measured {
  console.log(
    `  (${command.at(-1)?.slice(0, 60)} failed: ${trouble.trim().split("\n").at(-1)?.slice(0, 100)})`,
  );
  return nothing;
}

function print(what: string, { ms, megabytes }: Measured, more = ""): void {
  const columns = [
    `  ${what}`.padEnd(40),
    `${ms.toFixed(ms < 100 ? 1 : 0)} ms`.padStart(11),
    `${(ms / emptyMs).toFixed(1)}×`.padStart(12),
    `${megabytes.toFixed(0)} MB`.padStart(14),
  ];
  console.log(`${columns.join("")}${more === "" ? "" : `   ${more}`}`);
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${bytes / 1e9} GB` : `${bytes / 1e6} MB`;
}
