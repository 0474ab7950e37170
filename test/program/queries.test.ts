import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { renderMetrics } from "../../src/render/prometheus.ts";
import { type Metric, parseExposition } from "../support/exposition.ts";
import { projectFolder } from "../support/program.ts";
import { findBlock } from "../support/readme-text.ts";
import { day, hour, minute } from "../support/sample-clock.ts";
import { type Scene, simulateLog, simulateRun, timesBetween } from "../support/simulated-runs.ts";

const folder = mkdtempSync(join(tmpdir(), "monitor-queries-"));
afterAll(() => rmSync(folder, { recursive: true }));
const monday = Date.UTC(2026, 10, 16);
const hosts = Array.from({ length: 50 }, (_, index) => `host-${String(index).padStart(2, "0")}`);

describe("what the README asks DuckDB", () => {
  it("what failed this week, over a torn line", async () => {
    const logs = join(projectFolder, "fixtures/workspaces/on-record");
    const rows = await ask(
      findBlock("sql", "what failed this week"),
      ".agents/logs",
      join(logs, ".agents/logs"),
    );
    expect(rows).toEqual([
      {
        time: "2026-11-22 10:28:00",
        subject: "bg_1a2b03",
        agent: "fix",
        reason: "turn_failed",
        error: "build_failed",
      },
      {
        time: "2026-11-22 11:32:00",
        subject: "bg_1a2b07",
        agent: "fix",
        reason: "turn_failed",
        error: "build_failed",
      },
    ]);
  });

  it("the week of 50 hosts, where overlapping runs wrote ends twice", async () => {
    const fleet = join(folder, "fleet");
    for (const [index, host] of hosts.entries()) {
      mkdirSync(join(fleet, host), { recursive: true });
      writeFileSync(join(fleet, host, "background_monitoring.jsonl"), logOf(host, index));
    }
    const rows = await ask(findBlock("sql", "every machine"), "*", join(fleet, "*"));
    expect(rows).toHaveLength(50);
    expect(rows[0]).toEqual({ host: "host-04", ended: "7", succeeded: "3", success_rate_pct: 42.9 });
    expect(rows.at(-1)).toEqual({ host: "host-45", ended: "3", succeeded: "3", success_rate_pct: 100 });
  });
});

describe("what the README asks Prometheus", () => {
  const groups = Rules.parse(Bun.YAML.parse(findBlock("yaml", "alert:"))).groups;
  const rules = new Map(groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr])));
  const metrics = hosts.flatMap((host, index) => metricsOf(host, index));
  const now = (monday + day) / 1_000;

  it("which of 50 hosts have a task that needs a person", () => {
    const firing = evaluate(rules.get("BackgroundAgentNeedsAPerson") ?? "", metrics, now);
    expect(firing.map(({ labels, value }) => [labels.host, value])).toEqual(
      hosts.flatMap((host, index) => (index % 5 === 0 ? [] : [[host, index % 5]])),
    );
  });

  it("which of 50 hosts do not look any more", () => {
    const firing = evaluate(rules.get("MonitorDoesNotRun") ?? "", metrics, now);
    expect(firing.map(({ labels }) => labels.host)).toEqual(["host-00", "host-25"]);
  });
});

const Rules = z.object({
  groups: z.array(
    z.object({ name: z.string(), rules: z.array(z.object({ alert: z.string(), expr: z.string() })) }),
  ),
});

/** Rows of one query, with the folder that it names replaced. */
async function ask(sql: string, named: string, actual: string) {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  const reader = await connection.runAndReadAll(sql.replace(`read_json('${named}/`, `read_json('${actual}/`));
  const rows = reader.getRowObjectsJson();
  connection.closeSync();
  database.closeSync();
  return rows;
}

/** Three that end well and `index % 5` that fail, two runs that overlap at the end, and a line torn by a crash. */
function logOf(host: string, index: number): string {
  const scenes = (now: number): Scene[] =>
    Array.from({ length: 3 + (index % 5) }, (_, number) => ({
      id: `bg_${number}`,
      state: now < monday + hour ? "healthy" : number < 3 ? "completed" : "failed",
      startedAt: monday,
      at: monday + 58 * minute,
    }));
  const times = timesBetween(monday, monday + hour + 8 * minute);
  const lines = simulateLog(times, scenes, { host, overlapsAt: [monday + hour] }).map((event) =>
    JSON.stringify(event),
  );
  return `${lines.slice(0, -1).join("\n")}\n${lines[0]?.slice(0, 80)}\n${lines.at(-1)}\n`;
}

// Every fifth host is well; two of them looked last a day ago.
function metricsOf(host: string, index: number): Metric[] {
  const now = index % 25 === 0 ? monday : monday + day - 4 * minute;
  const scenes = Array.from({ length: 5 }, (_, number) => ({
    id: `bg_${number}`,
    state:
      number < index % 5
        ? ((["failed", "waiting", "stuck", "stuck"] as const)[number] ?? "stuck")
        : "healthy",
    startedAt: now - hour,
  })) satisfies Scene[];
  const { report, rows } = simulateRun(scenes, [], now, { host });
  return parseExposition(renderMetrics(report, rows));
}

/** As much of PromQL as the README uses: `sum by (…) (metric{label=~"…"}) > n` and `time() - metric > n`. */
function evaluate(expression: string, metrics: readonly Metric[], now: number) {
  const sum = expression.match(/^sum by \((.+)\) \((\w+)\{(\w+)=~"(.+)"\}\) > (\d+)$/);
  const age = expression.match(/^time\(\) - (\w+) > (\d+)$/);
  if (age !== null) {
    return metrics
      .filter(({ name }) => name === age[1])
      .map(({ labels, value }) => ({ labels, value: now - value }))
      .filter(({ value }) => value > Number(age[2]));
  }
  if (sum === null) throw new Error(`not understood: ${expression}`);
  const [, by = "", name, label = "", pattern, limit] = sum;
  const sums = new Map<string, { labels: Metric["labels"]; value: number }>();
  for (const metric of metrics) {
    if (metric.name !== name || !new RegExp(`^(?:${pattern})$`).test(metric.labels[label] ?? "")) continue;
    const labels = Object.fromEntries(by.split(", ").map((key) => [key, metric.labels[key] ?? ""]));
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + metric.value });
  }
  return [...sums.values()].filter(({ value }) => value > Number(limit));
}
