import type { Stream } from "../evidence/stream.ts";
import { type Health, healths, severityOf } from "../log/health.ts";
import { plural } from "../text/duration.ts";
import { isOddity } from "../text/problem.ts";
import type { Assessment } from "../verdict/health.ts";
import { type AssessOptions, openToolSilenceMs } from "../verdict/options.ts";
import { checkExitCode, exitCodes } from "./exit-code.ts";
import type { HealthReport } from "./report.ts";
import { confirmRuns, type Row, type RowContext, toRow } from "./task-row.ts";

/** What a report is made of besides the verdicts. */
export type ReportContext = RowContext & {
  readonly version: string;
  readonly run: HealthReport["run"];
  readonly options: AssessOptions;
  readonly collected: HealthReport["collected"];
  readonly problems: HealthReport["problems"];
  readonly isCheck: boolean;
};

/** Orders the verdicts and writes them as the report: the one place where both are made from the same numbers. */
export function composeReport(
  assessments: readonly Assessment[],
  context: ReportContext,
): { readonly report: HealthReport; readonly rows: readonly Row[] } {
  const rows = assessments.map((assessment) => toRow(assessment, context)).sort(inPrintedOrder);
  const tasks = rows.map(({ task }) => task);
  const count = (health: Health) => tasks.filter((task) => task.health === health).length;
  const attention = tasks.filter((task) => task.needs_attention).length;
  const exitCode = context.isCheck
    ? checkExitCode(
        tasks.map(({ health }) => health),
        unreadableInputs(context),
      )
    : exitCodes.trustworthy;
  const report: HealthReport = {
    schema: "agent-monitor/report",
    schema_version: 1,
    monitor_version: context.version,
    run: context.run,
    verdict: {
      state: worstOf(tasks.map(({ health }) => health)),
      exit_code: exitCode,
      needs_attention: attention,
    },
    summary: {
      total: tasks.length,
      failed: count("failed"),
      waiting: count("waiting"),
      stuck: count("stuck"),
      struggling: count("struggling"),
      unknown: count("unknown"),
      healthy: count("healthy"),
      completed: count("completed"),
      cancelled: count("cancelled"),
    },
    thresholds: {
      tool_failures_in_a_row: context.options.failures,
      stuck_after_s: seconds(context.options.stuckAfterMs),
      stuck_after_open_tool_s: seconds(openToolSilenceMs(context.options)),
      confirm_runs: confirmRuns,
    },
    collected: context.collected,
    tasks,
    problems: [...context.problems],
  };
  return { report, rows };
}

/** How many files, lines and sources could not be read. */
export function unreadableInputs({
  problems,
  collected,
}: Pick<HealthReport, "problems" | "collected">): number {
  const sources = collected.sources.filter(({ outcome }) => outcome === "denied" || outcome === "failed");
  return problems.filter(({ code }) => !isOddity(code)).length + sources.length;
}

function inPrintedOrder(a: Row, b: Row): number {
  return (
    healths.indexOf(a.task.health) - healths.indexOf(b.task.health) ||
    (a.assessment.facts.startedAt ?? 0) - (b.assessment.facts.startedAt ?? 0) ||
    (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0)
  );
}

function worstOf(all: readonly Health[]): HealthReport["verdict"]["state"] {
  const severities = new Set(all.map((health) => severityOf[health]));
  return severities.has("critical")
    ? "critical"
    : severities.has("warning")
      ? "warning"
      : severities.has("unknown")
        ? "unknown"
        : "ok";
}

function seconds(durationMs: number): number {
  return Math.floor(durationMs / 1_000);
}

/** What to say of log records that belong to no task. */
export function unattributedNotes(streams: readonly Stream[]): readonly string[] {
  const logs = streams.filter(({ kind }) => kind === "log");
  const calls = logs.reduce((sum, { activity }) => sum + activity.callCount, 0);
  return logs.length === 0
    ? []
    : [
        `${plural(calls, "logged tool call")} of ${plural(logs.length, "session or agent", "sessions or agents")} without a background task`,
      ];
}
