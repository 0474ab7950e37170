import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Review } from "../../src/core/review/review.ts";
import { delegations, log, to } from "../support/fortnight.ts";
import { projectFolder, runMonitor } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "monitor-review-"));
afterAll(() => rmSync(folder, { recursive: true }));
const root = join(folder, "fortnight");
const archive = join(root, ".agents/logs/archive/2026-10");
layOut();

describe("--review", () => {
  it.each(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Chatham"])(
    "gives the known truth of a fortnight in %s, from archived, torn and repeated lines",
    async (timeZone) => {
      const { stdout, stderr, exitCode } = await review(["14d", "--json"], { TZ: timeZone });
      const { outcomes, runs, durations, struggling, waiting, patterns, read } = Review.parse(
        JSON.parse(stdout),
      );
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(outcomes).toMatchObject({ success: 18, failure: 4, timeout: 1, cancelled: 1, unknown: 1 });
      expect(runs).toMatchObject({ seen: 4_920, due: 5_040 });
      expect(durations).toEqual({ count: 23, median_s: 3_600, p90_s: 4_560 });
      expect([struggling.spells, struggling.recovered, waiting.total_s, patterns.length]).toEqual([
        5, 2, 14_400, 6,
      ]);
      expect(read.event_logs).toEqual([
        ".agents/logs/archive/2026-10/background_monitoring.jsonl.gz",
        ".agents/logs/background_monitoring.2026-10.jsonl",
        ".agents/logs/background_monitoring.jsonl",
      ]);
      // Two ends seen twice, and the hundred lines that stand in both files.
      expect(read.duplicate_events).toBe(102);
      expect(read.skipped_lines).toBe(3);
    },
  );

  it("prints bars, and words alone in ASCII", async () => {
    expect((await review(["14d"])).stdout).toContain(
      "Success rate   78.3% █████████▍   18 of 23; 1 cancelled",
    );
    expect((await review(["14d", "--ascii"])).stdout).toMatch(/^[\n -~]+$/);
  });

  it("names a file that it could not read, and counts the others", async () => {
    const broken = join(folder, "broken");
    cpSync(join(projectFolder, "fixtures/workspaces/on-record"), broken, { recursive: true });
    writeFileSync(join(broken, ".agents/logs/archive/background_monitoring.jsonl.gz"), "not packed");
    const words = ["--root", broken, "--now", "2026-11-22T12:02:00Z", "--review"];
    const { stdout, exitCode } = await runMonitor(words);
    expect(stdout).toContain("Not counted: .agents/logs/archive/background_monitoring.jsonl.gz: ");
    expect(stdout).toContain("6 of 9; 1 cancelled, 1 unknown");
    expect(exitCode).toBe(0);
  });

  it("names a folder that it could not list", async () => {
    const broken = join(folder, "no-folder");
    mkdirSync(join(broken, ".agents"), { recursive: true });
    writeFileSync(join(broken, ".agents/logs"), "");
    const { stdout, exitCode } = await runMonitor(["--root", broken, "--review"]);
    expect(stdout).toContain("Not counted: .agents/logs: cannot be listed (ENOTDIR)");
    expect(exitCode).toBe(0);
  });

  it("says of looks by hand alone what they cannot tell, and leaves out tables in which nothing has a name", async () => {
    const byHand = join(folder, "by-hand");
    mkdirSync(join(byHand, ".worktrees/a"), { recursive: true });
    mkdirSync(join(byHand, ".agents/logs"), { recursive: true });
    const claim = { status: "completed", taskId: "bg_1", timestamp: "2026-11-22T12:00:00Z" };
    writeFileSync(join(byHand, ".worktrees/a/status.json"), JSON.stringify(claim));
    const at = (minute: number) => ["--root", byHand, "--now", `2026-11-22T12:0${minute}:00Z`];
    await runMonitor(at(2));
    const { stdout } = await runMonitor([...at(3), "--review"]);
    expect(stdout).toContain("1 run recorded, none of cron: how much they missed is not known\n");
    expect(stdout).toContain("1 of 1 (coverage not known)\n");
    expect(stdout).not.toMatch(/By agent|By category/);
  });

  it("says what to do where nothing is on record", async () => {
    const { stdout, exitCode } = await runMonitor([
      "--root",
      join(projectFolder, "fixtures/workspaces/nothing"),
      "--review",
    ]);
    expect(stdout).toContain("No run is on record: let cron run it every 4 minutes (README, From cron).\n");
    expect(exitCode).toBe(0);
  });

  it("names the option when its duration cannot be understood", async () => {
    const { stdout, stderr, exitCode } = await review(["fortnight"]);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/--review \[duration\].+Give a duration such as 90s, 15m or 1h30m\./);
    expect(exitCode).toBe(3);
  });
});

function review(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runMonitor(["--root", root, "--now", new Date(to).toISOString(), "--review", ...words], { env });
}

/** The fortnight as it lies on disk after its logs were moved: packed, renamed, copied in part, and torn in places. */
function layOut(): void {
  const lines = log.map((event) => `${JSON.stringify(event)}\n`);
  const [third, half] = [Math.floor(lines.length / 3), Math.floor(lines.length / 2)];
  const logs = join(root, ".agents/logs");
  mkdirSync(archive, { recursive: true });
  const first = lines.slice(0, third).join("");
  writeFileSync(join(archive, "background_monitoring.jsonl.gz"), Bun.gzipSync(Buffer.from(first)));
  const torn = `${lines[5]?.slice(0, 200)}\n`;
  writeFileSync(join(logs, "background_monitoring.2026-10.jsonl"), lines.slice(third, half).join("") + torn);
  writeFileSync(join(logs, "background_monitoring.jsonl"), torn + lines.slice(half - 100).join(""));
  for (const { requestId: request_id, taskId: task_id, request, result } of delegations) {
    const asked = { request_id, task_id, subagent_type: request?.subagentType, category: request?.category };
    append(join(archive, "delegation_requests.jsonl"), { ...asked, timestamp: request?.at });
    const { status, durationMs: duration_ms, at: timestamp } = result ?? {};
    append(join(logs, "delegation_results.jsonl"), { request_id, task_id, status, duration_ms, timestamp });
  }
  appendFileSync(join(logs, "delegation_results.jsonl"), '{"request_id":"66666666-ffff","status":"succ\n');
}

function append(path: string, record: unknown): void {
  appendFileSync(path, `${JSON.stringify(record)}\n`);
}
