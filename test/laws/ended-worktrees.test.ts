import { appendFileSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { writeCheckpoint } from "../../src/io/checkpoint-file.ts";
import { appendEvents } from "../../src/io/event-log.ts";
import { monitor } from "../../src/monitor.ts";
import type { RunRequest, RunResult } from "../../src/run.ts";
import { projectFolder } from "../support/program.ts";
import { day, hour } from "../support/sample-clock.ts";
import { options } from "../support/sample-task.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const start = Date.parse("2026-11-22T14:32:00Z");
/** A status file that was just written is not kept. */
const settledMs = 2_100;

const some = (prefix: string, count: number) =>
  fc.option(
    fc.integer({ min: 1, max: count }).map((n) => `${prefix}${n}`),
    { freq: 2 },
  );
const agoHours = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 30, max: 1_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 }) },
);
const claim = fc.record({
  folder: fc.integer({ min: 1, max: 8 }),
  status: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom("completed", "failed") },
    { weight: 1, arbitrary: fc.constantFrom("running", "paused?", "{") },
  ),
  agoHours,
  taskId: some("bg_", 6),
  requestId: some("r", 6),
  sessionId: some("s", 9),
  pid: fc.option(fc.constant(4_321), { freq: 1 }),
  isOdd: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const line = fc.record({
  kind: fc.constantFrom("delegation_requests", "delegation_results", "tool_calls"),
  agoHours,
  task_id: some("bg_", 6),
  request_id: some("r", 6),
  session_id: some("s", 9),
  worktree: some("w", 8),
});
const step = fc.record({
  claims: fc.array(claim, { maxLength: 3 }),
  lines: fc.array(line, { maxLength: 3 }),
  passedHours: fc.integer({ min: 0, max: 30 }),
  sinceDays: fc.constantFrom(1, 1, 1, 5, 60),
});
const project = fc.record({
  claims: fc.array(claim, { minLength: 4, maxLength: 12 }),
  lines: fc.array(line, { maxLength: 8 }),
  steps: fc.array(step, { minLength: 4, maxLength: 4 }),
});
type Project = typeof project extends fc.Arbitrary<infer Made> ? Made : never;

it("a look that put ended worktrees away tells and records what one tells that reads all of them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(project, { minLength: 150, maxLength: 150 }), async (projects) => {
      const all = projects.map((made) => ({ made, workspace: makeWorkspace(() => {}), putAway: 0 }));
      try {
        for (const { made, workspace } of all) write(workspace, made, start);
        let now = start;
        for (const turn of [0, 1, 2, 3]) {
          await Bun.sleep(settledMs);
          for (const each of all)
            each.putAway += await requireAgreement(each.workspace, each.made, turn, now);
          now += 30 * hour;
          for (const { made, workspace } of all) write(workspace, made.steps[turn] ?? made, now);
        }
        expect(all.filter(({ putAway }) => putAway > 0).length).toBeGreaterThan(all.length / 2);
      } finally {
        for (const { workspace } of all) rmSync(workspace.root, { recursive: true, force: true });
      }
    }),
    { numRuns: 1, seed: 5, endOnFailure: true },
  );
}, 60_000);

/** How many status files were put away. */
async function requireAgreement(
  { root, path }: Workspace,
  { steps }: Project,
  turn: number,
  began: number,
): Promise<number> {
  const { passedHours, sinceDays } = steps[turn] ?? { passedHours: 0, sinceDays: 1 };
  const request = requestAt(root, began + passedHours * hour, sinceDays * day);
  const saved = path(".agents/logs/.monitor-checkpoint.json");
  const warm = await monitor(request);
  // Of the same saved state all but what is known of status files.
  if (existsSync(saved)) {
    renameSync(saved, path("saved"));
    const whole = JSON.parse(readFileSync(path("saved"), "utf8").split("\n").slice(1).join("\n"));
    writeCheckpoint(saved, { ...whole, sources: { ...whole.sources, status_files: null } });
  }
  const cold = await monitor(request);
  expect(said(warm)).toEqual(said(cold));
  appendEvents(warm.eventLog, warm.record(true));
  writeCheckpoint(saved, warm.checkpoint, warm.keptBefore);
  const { status_files } = JSON.parse(JSON.stringify(warm.checkpoint.sources));
  return Object.keys(status_files.ended).length;
}

function said({ report, news, record }: RunResult): unknown {
  const { sources, ...collected } = report.collected;
  const duration = { duration_ms: 0 };
  return {
    report: {
      ...report,
      run: { ...report.run, ...duration },
      collected: { ...collected, sources: sources.map((source) => ({ ...source, new_events: 0 })) },
    },
    news,
    record: record(true).map((event) => ({ ...event, data: { ...event.data, ...duration } })),
  };
}

function requestAt(root: string, now: number, sinceMs: number): RunRequest {
  return {
    ...options,
    root,
    cwd: null,
    worktreePatterns: [],
    now,
    sinceMs,
    procfs: join(projectFolder, "fixtures/procfs"),
    env: { HOME: join(root, "home") },
    runId: `run-${now}`,
    reader: "ada@host",
    trigger: "cron",
    isCheck: false,
    tellsChanges: true,
  };
}

function write(
  workspace: Workspace,
  { claims, lines }: Pick<Project, "claims" | "lines">,
  now: number,
): void {
  const at = (hours: number) => new Date(now - hours * hour).toISOString();
  for (const { folder, agoHours: ago, isOdd, status, ...ids } of claims) {
    const times = { timestamp: at(ago + 1), updatedAt: at(ago), ...(isOdd ? { steps: "most" } : {}) };
    workspace.status(`w${folder}`, { status, ...times, ...ids });
    if (status === "{") workspace.write(`.worktrees/w${folder}/status.json`, `{"taskId":"${ids.taskId}",`);
  }
  for (const { kind, agoHours: ago, ...keys } of lines) {
    const call = kind === "tool_calls" ? { tool: "edit", status: "success" } : {};
    const result = kind === "delegation_results" ? { status: "success", duration_ms: 5 } : {};
    const path = workspace.path(`.agents/logs/${kind}.jsonl`);
    if (!existsSync(path)) workspace.write(`.agents/logs/${kind}.jsonl`, "");
    appendFileSync(path, `${JSON.stringify({ timestamp: at(ago), ...keys, ...call, ...result })}\n`);
  }
}
