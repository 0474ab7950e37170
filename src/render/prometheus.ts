import { healths } from "../core/log/health.ts";
import { unreadableInputs } from "../core/report/compose-report.ts";
import type { HealthReport } from "../core/report/report.ts";
import type { Row } from "../core/report/task-row.ts";

/** Tasks with a time series of their own: the ones that fail most. A label for every task would grow without end. */
const tasksLabelled = 20;

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** The report as metrics in Prometheus' text format 0.0.4, for a textfile collector. */
export function renderMetrics(report: HealthReport, rows: readonly Row[]): string {
  const { run, summary, verdict } = report;
  const failing = failuresByTask(rows);
  const place = { host: run.host, root: run.root };
  const families: readonly (readonly [string, string, readonly Sample[]])[] = [
    ["build_info", "Version of the monitor.", [one(1, { version: report.monitor_version })]],
    ["tasks", "Background tasks by health.", healths.map((health) => one(summary[health], { health }))],
    ["tasks_needing_attention", "Tasks that need a person.", [one(verdict.needs_attention)]],
    [
      "unreadable_inputs",
      "Files, lines and sources that could not be read.",
      [one(unreadableInputs(report))],
    ],
    ["last_run_timestamp_seconds", "When the monitor last looked.", [one(Date.parse(run.at) / 1_000)]],
    ["last_run_duration_seconds", "How long the last look took.", [one(run.duration_ms / 1_000)]],
    [
      "tool_failures_in_a_row",
      `Failed tool calls since the last success, of the ${tasksLabelled} tasks with the most.`,
      failing.slice(0, tasksLabelled).map(([task, count]) => one(count, { task })),
    ],
    [
      "tool_failures_tasks_omitted",
      "Tasks with failed tool calls in a row beyond those labelled.",
      [one(Math.max(0, failing.length - tasksLabelled))],
    ],
  ];
  return families
    .map(([name, help, samples]) => toFamily(`agent_monitor_${name}`, help, samples, place))
    .join("");
}

function one(value: number, labels: Sample["labels"] = {}): Sample {
  return { labels, value };
}

function failuresByTask(rows: readonly Row[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { subject, task } of rows) {
    const count = task.tool_failures_in_a_row ?? 0;
    if (count > 0) counts.set(subject, Math.max(count, counts.get(subject) ?? 0));
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function toFamily(
  name: string,
  help: string,
  samples: readonly Sample[],
  place: Readonly<Record<string, string>>,
): string {
  const lines = samples.map(({ labels, value }) => {
    const given = Object.entries({ ...place, ...labels }).map(
      ([key, text]) => `${key}="${escapeLabel(text)}"`,
    );
    return `${name}{${given.join(",")}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
