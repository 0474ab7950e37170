// Writes what the benchmark's looks read in `.agents/logs`: calls of tools, delegations, and a year of the monitor's own record.
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const hour = 3_600_000;
const tools = ["read", "bash", "edit", "grep", "write"] as const;
/** So many tasks work at the same time. */
const atOnce = 10;

/** Calls of tools: how much, since when, of how many tasks, and how long each call's result is. */
export type Calls = {
  readonly bytes: number;
  readonly hours: number;
  readonly tasks: number;
  readonly resultBytes: number;
  /** Each so manyth result has 200 KB. */
  readonly largeEvery?: number;
};

/** Logs that end now: the calls of the tasks, ten at once, and the request and result of each; the last ten still work. */
export function writeCalls(root: string, { bytes, hours, tasks, resultBytes, largeEvery }: Calls): void {
  const [calls, requests, results] = openLogs(root);
  const textOf = (call: number) =>
    resultOf(largeEvery !== undefined && call % largeEvery === 0 ? 200_000 : resultBytes);
  const lineBytes =
    callLine(0, 0, 0, resultOf(resultBytes)).length + (largeEvery === undefined ? 0 : 200_000 / largeEvery);
  const total = Math.round(bytes / lineBytes);
  const end = Date.now() - 5_000;
  const each = Math.max(1, Math.floor(total / tasks));
  const turn = Math.min(atOnce, tasks);
  for (let line = 0; line < each * tasks; line += 1) {
    const group = Math.floor(line / (each * turn));
    const within = line % (each * turn);
    const task = Math.min(tasks - 1, group * turn + (within % turn));
    const call = Math.floor(within / turn);
    const at = Math.round(end - hours * hour * (1 - line / (each * tasks)));
    if (call === 0) requests.add(requestLine(task, at));
    calls.add(callLine(task, call, at, textOf(line)));
    if (call === each - 1 && task < tasks - turn) results.add(resultLine(task, at + 100));
  }
  for (const lines of [calls, requests, results]) lines.close();
}

/** So many more calls, of the tasks that still work. */
export function appendCalls(root: string, { tasks, resultBytes }: Calls, count: number): void {
  const at = Date.now() - 1_000;
  const lines = Array.from({ length: count }, (_, call) =>
    callLine(tasks - 1 - (call % Math.min(atOnce, tasks)), (at % 1e6) + call, at, resultOf(resultBytes)),
  );
  appendFileSync(join(logsOf(root), "tool_calls.jsonl"), `${lines.join("\n")}\n`);
}

/** Delegations of two weeks, all but the last ten with their results. */
export function writeDelegations(root: string, count: number): void {
  const [calls, requests, results] = openLogs(root);
  const end = Date.now() - 5_000;
  for (let index = 0; index < count; index += 1) {
    const at = Math.round(end - 14 * 24 * hour * (1 - index / count));
    requests.add(requestLine(index, at));
    if (index < count - 10) results.add(resultLine(index, at + 60_000));
  }
  for (const lines of [calls, requests, results]) lines.close();
}

/**
 * A year of runs every four minutes, in the words of what runs of this project recorded: of the tasks as they were, a
 * full map each hour, and each hour one task that gets into trouble, recovers and ends.
 */
export function writeYear(root: string): { readonly bytes: number } {
  const path = join(logsOf(root), "background_monitoring.jsonl");
  const seen = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const run = seen.find(({ type }) => type === "agentmonitor.run.v1");
  const others = seen.filter(({ type }) => type !== "agentmonitor.run.v1").slice(0, 3);
  const lines = new Lines(path);
  const runs = (365 * 24 * 60) / 4;
  const end = Date.now() - 60_000;
  let bytes = 0;
  const add = (event: typeof run, at: number, id: string, data: object) => {
    const time = new Date(at).toISOString();
    const line = JSON.stringify({ ...event, id, time, data: { ...event.data, timestamp: time, ...data } });
    bytes += line.length + 1;
    lines.add(line);
  };
  for (let index = 0; index < runs; index += 1) {
    const at = end - (runs - 1 - index) * 240_000;
    const before = new Date(at - 240_000).toISOString();
    const tasks = index % 15 === 0 ? run.data.tasks : null;
    if (index % 15 === 0) {
      const task_id = `bg_y${index}`;
      for (const [place, event] of others.entries())
        add({ ...event, subject: task_id }, at, `${index}.${place}`, { task_id });
    }
    add(run, at, `${index}`, {
      run_id: `${index}`,
      previous_run_at: before,
      gap_s: 240,
      interval_s: 240,
      tasks,
    });
  }
  lines.close();
  return { bytes };
}

function logsOf(root: string): string {
  return join(root, ".agents/logs");
}

function openLogs(root: string): [calls: Lines, requests: Lines, results: Lines] {
  mkdirSync(logsOf(root), { recursive: true });
  const open = (name: string) => new Lines(join(logsOf(root), `${name}.jsonl`));
  return [open("tool_calls"), open("delegation_requests"), open("delegation_results")];
}

function keysOf(task: number, at: number) {
  return { timestamp: new Date(at).toISOString(), task_id: `bg_${task}` };
}

function requestLine(task: number, at: number): string {
  const told = { parent_agent: "main", subagent_type: "explore", category: "docs" };
  return JSON.stringify({
    ...keysOf(task, at),
    request_id: `r-${task}`,
    ...told,
    prompt_summary: `Look at area ${task}`,
  });
}

function resultLine(task: number, at: number): string {
  const status = task % 9 === 0 ? "failure" : "success";
  const told = { status, duration_ms: 60_000, tools_used: ["read", "edit"] };
  return JSON.stringify({ ...keysOf(task, at), request_id: `r-${task}`, ...told });
}

function callLine(task: number, call: number, at: number, result: string | null): string {
  const tool = tools[call % tools.length];
  const isFailed = call % 13 === 5;
  return JSON.stringify({
    ...keysOf(task, at),
    agent: "explore",
    tool,
    args:
      tool === "bash"
        ? { command: `bun test src/area${call % 7}.test.ts` }
        : { path: `src/area${call % 97}.ts` },
    status: isFailed ? "failure" : "success",
    ...(isFailed ? { error: `src/area.ts:${call}:5 expected a number` } : {}),
    ...(result === null ? {} : { result: `${call}: ${result}` }),
    duration_ms: (call * 37) % 900,
  });
}

const results = new Map<number, string>();
const filler = "export function area(width: number, height: number): number {\n  return width * height;\n}\n";

function resultOf(bytes: number): string | null {
  if (bytes === 0) return null;
  const known = results.get(bytes) ?? filler.repeat(Math.ceil(bytes / filler.length)).slice(0, bytes);
  results.set(bytes, known);
  return known;
}

class Lines {
  private readonly fd: number;
  private pending = "";

  constructor(path: string) {
    this.fd = openSync(path, "w");
  }

  add(line: string): void {
    this.pending += `${line}\n`;
    if (this.pending.length > 4_000_000) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }

  private flush(): void {
    writeSync(this.fd, this.pending);
    this.pending = "";
  }
}
