import { closeCalls } from "../core/loops/loop.ts";
import type { Evidence, HealthReport } from "../core/report/report.ts";
import type { Row } from "../core/report/task-row.ts";
import { formatDuration } from "../core/text/duration.ts";
import { formatClock } from "../core/text/time.ts";
import { weakerFindings } from "../core/verdict/health.ts";
import { loopRuleNames } from "../core/verdict/phrases.ts";
import type { TaskFacts } from "../core/verdict/task-facts.ts";
import { findingChange, findingMessage, healthOf } from "../core/verdict/words.ts";
import type { Style } from "./terminal.ts";
import { healthWord, taskName } from "./text.ts";

/** The rows that `wanted` names: an id, title or worktree, or the unique beginning of one. */
export function findRows(rows: readonly Row[], wanted: string): readonly Row[] {
  const exact = rows.filter((row) => namesOf(row).includes(wanted));
  if (exact.length > 0) return exact;
  return rows.filter((row) =>
    namesOf(row).some((name) => name.toLowerCase().startsWith(wanted.toLowerCase())),
  );
}

/** Why a task has its health: rule, numbers, thresholds, every source, what was overruled, what would change it. */
export function renderExplanation(row: Row, report: HealthReport, style: Style): string {
  const { task, assessment } = row;
  const { facts, verdict } = assessment;
  const { thresholds } = report;
  const weaker = weakerFindings(assessment)
    .filter(({ code }) => code !== "no_evidence")
    .map((finding) => `${finding.code} (${healthOf(finding)}): ${findingMessage(finding)}`);
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["Why", [`${task.reason} (${verdict.basis}): ${findingMessage(verdict.finding)}`, ...task.details]],
    [
      "Thresholds",
      [
        `${thresholds.tool_failures_in_a_row} tool failures in a row; now ${task.tool_failures_in_a_row ?? "not known"}`,
        `silence of ${formatDuration(thresholds.stuck_after_s * 1_000)}, ${formatDuration(thresholds.stuck_after_open_tool_s * 1_000)} with a tool running; now ${task.idle_s === null ? "not known" : formatDuration(task.idle_s * 1_000)}`,
      ],
    ],
    ["Evidence", task.evidence.map(evidenceLine)],
    ["Progress", progressLines(task)],
    ["Also holds, but weighs less", weaker],
    ["Rules that came close", closeLines(row)],
    ["Would change it", [findingChange(verdict.finding, facts)]],
  ];
  const lines = [`${taskName(task, null)}: ${healthWord(task.health, style)} - ${task.message}`];
  for (const [title, found] of sections) {
    if (found.length > 0) lines.push(style.chalk.bold(title), ...found.map((line) => `    ${line}`));
  }
  return lines.map((line) => `${line}\n`).join("");
}

// From half of its threshold on a rule is worth a line.
function closeLines({ assessment: { facts } }: Row): string[] {
  if (facts.activity === null) return [];
  const failures = failuresLine(facts);
  return [
    ...failures,
    ...closeCalls(facts.activity, { now: facts.now }).flatMap((measure) => {
      const { rule, count, of, threshold, warnAt, excuse } = measure;
      const first = Math.min(threshold ?? Number.POSITIVE_INFINITY, warnAt ?? Number.POSITIVE_INFINITY);
      if (count === 0 || count < first / 2) return [];
      const levels = [
        ...(warnAt === null ? [] : [`struggling from ${warnAt}`]),
        ...(threshold === null ? [] : [`stuck from ${threshold}`]),
      ];
      return [
        `${loopRuleNames[rule]}: ${count}${of === null ? "" : ` of ${of}`}; ${levels.join(", ")}${excuse === null ? "" : `; ${excuse.says}`}`,
      ];
    }),
  ];
}

function failuresLine({ activity, options }: TaskFacts): string[] {
  const count = activity?.failures.count ?? 0;
  if (count === 0 || count < options.failures / 2) return [];
  return [`tool_failures (failed calls in a row): ${count}; struggling from ${options.failures}`];
}

function evidenceLine({ source, basis, says, at, file, line }: Evidence): string {
  const when = at === null ? "" : ` at ${formatClock(Date.parse(at))}`;
  const where = file === null ? "" : ` [${file}${line === null ? "" : `:${line}`}]`;
  return `${source}${when} (${basis}): ${says}${where}`;
}

function progressLines({ progress }: Row["task"]): string[] {
  if (progress.done === null) return [];
  return [
    progress.estimated
      ? `~${progress.done}%, estimated from ${progress.basis}`
      : `${progress.done}/${progress.total} steps`,
  ];
}

function namesOf({ subject, task }: Row): string[] {
  return [subject, task.id, task.title, task.worktree, task.agent.session_id].filter((name) => name !== null);
}
