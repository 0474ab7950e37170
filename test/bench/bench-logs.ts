// Writes what the benchmarks look at: a project with status files, and logs that end at `now`.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

export const now = Date.parse("2026-11-22T14:32:00Z");
const day = 86_400_000;
const callsEach = 100;
const recentBytes = 25e6;
const tools = ["read", "bash", "edit", "grep", "write"] as const;
const filler =
  "export function area(width: number, height: number): number { return width * height; } ".repeat(4);

/** A status file for each of `count` worktrees; the last tenth says it runs, the others ended long ago. */
export function writeWorktrees(root: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const isOpen = index >= count * 0.9;
    const at = isOpen ? now - 60_000 : now - 30 * day;
    mkdirSync(join(root, ".worktrees", `w${index}`), { recursive: true });
    writeFileSync(
      join(root, ".worktrees", `w${index}`, "status.json"),
      JSON.stringify({
        taskId: `bg_w${index}`,
        title: `Task ${index}`,
        status: isOpen ? "running" : "completed",
        timestamp: at,
        updatedAt: at,
      }),
    );
  }
}

/**
 * `.agents/logs` with about `bytes` of tool calls, 100 of each task, and the requests and results of the tasks. The last
 * two weeks are the same at every size; what differs is how much lies in the year before them.
 */
export function writeLogs(root: string, bytes: number): void {
  const folder = join(root, ".agents/logs");
  mkdirSync(folder, { recursive: true });
  const calls = new Lines(join(folder, "tool_calls.jsonl"));
  const requests = new Lines(join(folder, "delegation_requests.jsonl"));
  const results = new Lines(join(folder, "delegation_results.jsonl"));
  const count = Math.max(1, Math.round(bytes / callLine(0, 0, now).length / callsEach));
  // Five tasks run at a time.
  const groups = Math.ceil(count / 5);
  const recent = Math.min(groups, Math.ceil((groups * recentBytes) / bytes));
  const timeOf = (group: number) =>
    Math.round(
      group < groups - recent
        ? now - 380 * day + (365 * day * group) / (groups - recent)
        : now - (15 * day * (groups - group)) / recent,
    );
  const total = count * callsEach;
  for (let line = 0; line < total; line += 1) {
    const group = Math.floor(line / (5 * callsEach));
    const within = line % (5 * callsEach);
    const task = Math.min(count - 1, group * 5 + (within % 5));
    const call = Math.floor(within / 5);
    const at = timeOf(group + call / callsEach);
    const id = { request_id: `r-${task}`, task_id: `bg_${task}`, timestamp: new Date(at).toISOString() };
    if (call === 0)
      requests.add({
        ...id,
        parent_agent: "main",
        subagent_type: "explore",
        category: "docs",
        prompt_summary: `Look at area ${task}`,
      });
    calls.add(callLine(task, call, at));
    if (call === callsEach - 1)
      results.add({
        ...id,
        status: task % 9 === 0 ? "failure" : "success",
        duration_ms: 60_000,
        tools_used: ["read", "edit"],
      });
  }
  for (const lines of [calls, requests, results]) lines.close();
}

/** So many more calls of a task that began just now. */
export function appendCalls(root: string, count: number, at: number): void {
  const calls = new Lines(join(root, ".agents/logs", "tool_calls.jsonl"), "a");
  for (let call = 0; call < count; call += 1)
    calls.add(callLine(1_000_000 + (call % 5), (at % 1_000_000) + call, at));
  calls.close();
}

function callLine(task: number, call: number, at: number): string {
  const tool = tools[call % tools.length];
  return JSON.stringify({
    timestamp: new Date(at).toISOString(),
    task_id: `bg_${task}`,
    agent: "explore",
    tool,
    args:
      tool === "bash"
        ? { command: `bun test src/area${call % 7}.test.ts` }
        : { path: `src/area${call % 7}.ts` },
    status: call % 13 === 5 ? "failure" : "success",
    ...(call % 13 === 5 ? { error: `src/area.ts:${call}:5 expected a number` } : {}),
    result: `${call}: ${filler}`,
    duration_ms: (call * 37) % 900,
  });
}

class Lines {
  private readonly fd: number;
  private pending = "";

  constructor(path: string, mode: "w" | "a" = "w") {
    this.fd = openSync(path, mode);
  }

  add(record: object | string): void {
    this.pending += `${typeof record === "string" ? record : JSON.stringify(record)}\n`;
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
