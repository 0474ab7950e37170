import type { Health } from "../core/log/health.ts";
import type { HealthReport, TaskReport } from "../core/report/report.ts";
import { formatDuration } from "../core/text/duration.ts";
import { problemPlace } from "../core/text/problem.ts";
import { countsLine, healthName, healthSign, problemsOutsideRows, taskName } from "./text.ts";

/** GitHub shows so many annotations of one kind for a step; the job summary has them all. */
const annotationsPerKind = 10;
/** A job summary may hold 1 MiB; a row takes at most some hundred bytes. */
const summaryRows = 1_000;

type Kind = "error" | "warning";
type Annotation = {
  readonly kind: Kind;
  readonly properties: Readonly<Record<string, string | number | null>>;
  readonly message: string;
};

const kinds: Readonly<Partial<Record<Health, Kind>>> = {
  failed: "error",
  waiting: "warning",
  stuck: "warning",
  struggling: "warning",
  unknown: "warning",
};

/** Workflow commands for what needs attention and what could not be read, the worst first, 10 of a kind at most. */
export function renderAnnotations(report: HealthReport): string {
  const all = annotationsOf(report);
  return (["error", "warning"] as const)
    .flatMap((kind) => all.filter((each) => each.kind === kind).slice(0, annotationsPerKind))
    .map((annotation) => `${toCommand(annotation)}\n`)
    .join("");
}

/**
 * The report between commands that keep the runner from obeying a line of it: what agents wrote may look like a command.
 * `token` must be one that no agent can know.
 */
export function withoutCommands(text: string, token: string): string {
  if (!/::|##\[/.test(text)) return text;
  return `::stop-commands::${token}\n${text}::${token}::\n`;
}

/** A JSON document of the same meaning in which the runner finds no command; none of its lines begins with a text. */
export function jsonWithoutCommands(json: string): string {
  return json.replaceAll("##[", "\\u0023#[");
}

/** The same for one line that is no report. */
export function lineWithoutCommands(line: string): string {
  return line.replaceAll("##[", "# #[").replace(/^(\s*):(?=:)/gm, "$1: ");
}

/** The job summary in Markdown: every task, worst first, and what could not be read. */
export function renderJobSummary(report: HealthReport): string {
  const { tasks, verdict } = report;
  const shown = tasks.slice(0, summaryRows);
  const lines = [
    `## Background agents: ${verdict.needs_attention === 0 ? "nothing needs attention" : `${verdict.needs_attention} of ${tasks.length} need attention`}`,
    "",
    ...(tasks.length === 0
      ? ["No background tasks."]
      : [
          "| Health | Task | What | Since |",
          "| --- | --- | --- | --- |",
          ...shown.map((task) => summaryRow(task, Date.parse(report.run.at))),
          "",
          ...(shown.length < tasks.length ? [`${tasks.length - shown.length} more tasks.`, ""] : []),
          countsLine(report),
        ]),
  ];
  const problems = report.problems.slice(0, summaryRows);
  if (problems.length > 0) {
    lines.push("", `### Could not be read (${report.problems.length})`, "");
    lines.push(
      ...problems.map((problem) => `- ${toMarkdown(`${problemPlace(problem)}: ${problem.message}`)}`),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function annotationsOf(report: HealthReport): Annotation[] {
  const tasks = report.tasks.flatMap((task) => {
    const kind = kinds[task.health];
    return kind === undefined
      ? []
      : [{ kind, properties: { title: nameOf(task) }, message: messageOf(task) }];
  });
  const problems = problemsOutsideRows(report).map(({ path, line, column, message }) => ({
    kind: "warning" as const,
    properties: { file: path, line, col: column },
    message: `${path}: ${message}`,
  }));
  return [...tasks, ...problems];
}

function nameOf(task: TaskReport): string {
  return taskName(task, null);
}

function messageOf(task: TaskReport): string {
  return [`${healthName(task.health)} - ${task.message}`, ...task.details].join("\n");
}

function toCommand({ kind, properties, message }: Annotation): string {
  const given = Object.entries(properties).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${escapeProperty(String(value))}`],
  );
  return `::${kind} ${given.join(",")}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  // In a line that is a command the older form of one would stand.
  return text
    .replaceAll("##[", "# #[")
    .replaceAll("%", "%25")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

// An age, since who reads it sits in another time zone than the runner.
function summaryRow(task: TaskReport, now: number): string {
  const since = task.since === null ? "" : `${formatDuration(Math.max(0, now - Date.parse(task.since)))} ago`;
  const cells = [`${healthSign(task.health)} ${healthName(task.health)}`, nameOf(task), task.message, since];
  return `| ${cells.map(toMarkdown).join(" | ")} |`;
}

// As character references nothing of it is Markdown, HTML or a mention.
function toMarkdown(text: string): string {
  return text.replace(/[&<>|`*_[\]\\~@#!\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
