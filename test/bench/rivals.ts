// The programs beside which the benchmark measures: what others use for the same questions, and floors below which no
// program on Bun can get. Floors are compiled as the monitor is.
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The sources of the floors. */
const floors = {
  empty: "",
  /** What the monitor cannot start without: the package that reads its options, and `[HH:MM]`. */
  smallest: `import { Command } from "commander";
new Command().option("--json").parse();
new Date().getHours();
`,
  /** Parses every line of the files given, the last so many bytes of each where a number comes first. */
  parse: `import { closeSync, fstatSync, openSync, readSync } from "node:fs";
const [first, ...rest] = process.argv.slice(2);
const most = Number(first);
const chunk = Buffer.allocUnsafe(1 << 20);
let lines = 0;
for (const path of Number.isNaN(most) ? [first, ...rest] : rest) {
  const fd = openSync(path);
  let position = Number.isNaN(most) ? 0 : Math.max(0, fstatSync(fd).size - most);
  let isCut = position > 0;
  let torn = "";
  for (let length = 1; length > 0; position += length) {
    length = readSync(fd, chunk, 0, chunk.length, position);
    const texts = (torn + chunk.toString("utf8", 0, length)).split("\\n");
    torn = texts.pop() ?? "";
    if (isCut) texts.shift();
    isCut = false;
    for (const text of texts) if (JSON.parse(text) !== null) lines += 1;
  }
  closeSync(fd);
}
console.log(lines);
`,
  /** The same, and what DuckDB is asked: of each task its last time, its calls and failures, and its failures in a row. */
  count: `import { closeSync, openSync, readSync } from "node:fs";
const chunk = Buffer.allocUnsafe(1 << 16);
const tasks = new Map();
for (const path of process.argv.slice(2)) {
  const fd = openSync(path);
  let torn = "";
  for (let length = 1, position = 0; length > 0; position += length) {
    length = readSync(fd, chunk, 0, chunk.length, position);
    const texts = (torn + chunk.toString("utf8", 0, length)).split("\\n");
    torn = texts.pop() ?? "";
    for (const text of texts) {
      const { task_id, status, timestamp } = JSON.parse(text);
      let task = tasks.get(task_id);
      if (task === undefined) tasks.set(task_id, (task = { last: 0, calls: 0, failures: 0, row: 0 }));
      task.last = Math.max(task.last, Date.parse(timestamp));
      task.calls += 1;
      if (status === "failure") { task.failures += 1; task.row += 1; }
      else if (status === "success") task.row = 0;
    }
  }
  closeSync(fd);
}
console.log(JSON.stringify([...tasks]).length);
`,
  /** A tick that asks the disk what changed and finds nothing: status files, transcripts, and the saved state read and written. */
  tick: `import { lstatSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
const [root, home] = process.argv.slice(2);
const list = (folder) => { try { return readdirSync(folder, { withFileTypes: true }); } catch { return []; } };
for (const { name } of list(root + "/.worktrees")) lstatSync(root + "/.worktrees/" + name + "/status.json");
for (const { name } of list(home + "/.claude/projects"))
  for (const file of list(home + "/.claude/projects/" + name)) lstatSync(home + "/.claude/projects/" + name + "/" + file.name);
const saved = root + "/.agents/logs/.monitor-checkpoint.json";
const bytes = readFileSync(saved);
const newline = bytes.indexOf(10) + 1;
const body = bytes.subarray(newline);
const hash = Bun.hash(body);
writeFileSync(saved + ".floor", JSON.stringify({ hash: String(hash), ...JSON.parse(body.toString("utf8")) }));
renameSync(saved + ".floor", saved + ".floored");
`,
} as const;

/** Compiles the floors into `folder`; gives the path of each. */
export async function buildFloors(folder: string): Promise<Readonly<Record<keyof typeof floors, string>>> {
  const built = { empty: "", smallest: "", parse: "", count: "", tick: "" };
  for (const name of ["empty", "smallest", "parse", "count", "tick"] as const) {
    built[name] = join(folder, `floor-${name}`);
    const how = ["--compile", "--minify", "--bytecode", "--format=esm", `--outfile=${built[name]}`];
    await Bun.$`bun build ${script(`floor-${name}.ts`, floors[name])} ${how}`.quiet();
  }
  return built;
}

/** Of each task: its last time, its calls and failures, and its failures since the last success. */
export function jqTasks(logs: string): readonly string[] {
  const asked = `reduce inputs as $r ({}; .[$r.task_id] |= {last: $r.timestamp, calls: (.calls + 1),
    failures: (.failures + (if $r.status == "failure" then 1 else 0 end)),
    row: (if $r.status == "failure" then .row + 1 else 0 end)}) | length`;
  return ["jq", "-n", asked, join(logs, "tool_calls.jsonl")];
}

/** The same asked of DuckDB, on one thread as everybody here. */
export function duckdbTasks(logs: string): readonly string[] {
  const text = `import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
const result = await connection.runAndReadAll(\`
  with calls as (select * from read_json('\${process.argv[2]}/tool_calls.jsonl', format = 'newline_delimited',
    maximum_object_size = 16777216, columns = {task_id: 'VARCHAR', status: 'VARCHAR', timestamp: 'VARCHAR'})),
  counted as (select task_id, max(timestamp) as last, count(*) as calls, count(*) filter (status = 'failure') as failures,
    coalesce(max(timestamp) filter (status = 'success'), '') as well, list(timestamp) filter (status = 'failure') as failed
    from calls group by task_id)
  select task_id, last, calls, failures, len(list_filter(failed, lambda each: each > well)) as in_a_row from counted\`);
console.log(result.currentRowCount);
`;
  return ["bun", script("duckdb.ts", text), logs];
}

/** A line of shell. */
export function shell(line: string): readonly string[] {
  return ["bash", "-o", "pipefail", "-c", line];
}

const ccusageFolder = join(tmpdir(), "bench-ccusage");
const ccusageVersion = "20.0.24";

/** The native ccusage, installed below the temporary folder when `isWanted`; null where it is not there. */
export async function findCcusage(isWanted: boolean): Promise<string | null> {
  const packages = join(ccusageFolder, "node_modules/@ccusage");
  if (isWanted && !existsSync(packages)) {
    mkdirSync(ccusageFolder, { recursive: true });
    await Bun.$`npm install --prefix ${ccusageFolder} ccusage@${ccusageVersion}`.quiet();
  }
  const [native] = existsSync(packages) ? readdirSync(packages) : [];
  if (native === undefined) return null;
  const path = realpathSync(join(packages, native, "bin/ccusage"));
  // Its package leaves that to its own first start.
  chmodSync(path, 0o755);
  return path;
}

/** A script in the project, so that it finds the packages. */
function script(name: string, text: string): string {
  const path = resolve(import.meta.dirname, `../../dist/bench-${name}`);
  writeFileSync(path, text);
  return path;
}
