import { basename } from "node:path";
import { statusFilePattern } from "../core/claims/status-word.ts";
import type { Health } from "../core/log/health.ts";
import type { HealthReport, TaskReport } from "../core/report/report.ts";
import { formatDuration, plural } from "../core/text/duration.ts";
import type { Problem } from "../core/text/problem.ts";
import { problemPlace } from "../core/text/problem.ts";
import { quoteForShell } from "../core/text/shell.ts";
import { formatClock, formatMoment } from "../core/text/time.ts";
import { clip, type Style, toAscii, width, wrap } from "./terminal.ts";

/** A task that is quiet for longer says so in its row. */
const quietAfterS = 5 * 60;
/** On a terminal, rows that need no attention beyond these are counted and not shown. */
const calmRowsShown = 12;
/** A title keeps at least so much of itself before other parts of its row are shortened. */
const shortestTitle = 8;
/** Bad lines of one file named by their number. */
const lineNumbersShown = 8;

const signs = {
  failed: ["✗", "Failed", "red"],
  waiting: ["‖", "Waiting", "yellow"],
  stuck: ["⚠", "Stuck", "yellow"],
  struggling: ["⚠", "Struggling", "yellow"],
  unknown: ["?", "Unknown", "magenta"],
  healthy: ["✓", "Healthy", "green"],
  cancelled: ["–", "Cancelled", "gray"],
  completed: ["✓", "Completed", "green"],
} as const satisfies Record<Health, readonly [string, string, string]>;

/** The order of the counts in the last lines. */
const counted = [
  "failed",
  "waiting",
  "stuck",
  "struggling",
  "healthy",
  "unknown",
  "cancelled",
  "completed",
] as const;

/** The report as lines grouped by task, each with its newline. `showAll`: every row, also on a terminal. */
export function renderText(report: HealthReport, style: Style, showAll: boolean): string {
  const now = Date.parse(report.run.at);
  const calm = report.tasks.filter((task) => !task.needs_attention);
  const hidden = style.columns === null || showAll ? [] : calm.slice(calmRowsShown);
  const isHidden = new Set(hidden);
  const lines = report.tasks
    .filter((task) => !isHidden.has(task))
    .flatMap((task) => taskLines(task, now, style));
  const summary = [
    ...(hidden.length > 0 ? [hiddenLine(hidden)] : []),
    ...(report.tasks.length === 0 ? emptyLines(report, formatClock(now)) : countLines(report, style)),
    ...troubleLines(report),
  ];
  // A command stays whole, or it could not be pasted.
  lines.push(
    ...summary.flatMap((line) => (line.includes(" Details: ") ? [line] : wrap(line, style.columns))),
  );
  return lines.map((line) => `${style.isAscii ? toAscii(line) : line}\n`).join("");
}

/** `⚠ Stuck`, coloured; the word alone in ASCII. */
export function healthWord(health: Health, style: Style): string {
  const [glyph, word, color] = signs[health];
  return style.chalk[color](style.isAscii ? word : `${glyph} ${word}`);
}

/** `Stuck`: the word without its sign. */
export function healthName(health: Health): string {
  return signs[health][1];
}

/** `✗`: the sign without its word. */
export function healthSign(health: Health): string {
  return signs[health][0];
}

/** `Task A (bg_abc123)`, the title shortened to `columns`. */
export function taskName(task: TaskReport, columns: number | null, shorten = clip): string {
  const name = task.id ?? task.worktree ?? task.agent.session_id;
  const tail = name === null ? "" : ` (${name})`;
  return shorten(task.title, columns === null ? null : Math.max(shortestTitle, columns - width(tail))) + tail;
}

function clipAscii(text: string, columns: number | null): string {
  return clip(toAscii(text), columns, "...");
}

function taskLines(task: TaskReport, now: number, style: Style): string[] {
  const shorten = style.isAscii ? clipAscii : clip;
  const sign = healthWord(task.health, style);
  const head = `[${formatClock(now)}] `;
  const signWidth = width(sign);
  const fact = factOf(task, now);
  const prefix = task.needs_attention ? [] : prefixOf(task);
  const free = style.columns === null ? null : style.columns - width(head) - signWidth - width(": ");
  const wanted =
    (prefix.length > 0 ? width(`${prefix.join(", ")} | `) : 0) + (fact === null ? 0 : width(` - ${fact}`));
  const name = taskName(task, free === null ? null : Math.max(free - wanted, nameFloor(task)), shorten);
  const room = free === null ? null : free - width(name);
  const shownFact = fact === null ? "" : ` - ${shorten(fact, room === null ? null : Math.max(1, room - 3))}`;
  const prefixRoom = room === null ? null : Math.max(1, room - width(shownFact) - 3);
  const shownPrefix = prefix.length === 0 ? "" : `${shorten(prefix.join(", "), prefixRoom)} | `;
  const detail = (text: string) => style.chalk.dim(shorten(`    ${text}`, style.columns));
  // A command is not shortened: it could not be pasted.
  const next = style.columns === null || task.next_command === null ? [] : [`    next: ${task.next_command}`];
  return [
    `${head}${name}: ${shownPrefix}${sign}${shownFact}`,
    ...task.details.map(detail),
    ...next.map((line) => style.chalk.dim(line)),
  ];
}

function nameFloor(task: TaskReport): number {
  return width(taskName(task, null)) - width(task.title) + shortestTitle;
}

function prefixOf({ progress, health, message, reason }: TaskReport): string[] {
  const parts: string[] = [];
  // "ended with 2/5 steps" says it already.
  if (progress.done !== null && progress.total !== null && !message.startsWith("ended with ")) {
    parts.push(progress.estimated ? `~${progress.done}%` : `${progress.done}/${progress.total} steps`);
  } else if (progress.done !== null && progress.total === null) {
    parts.push(`${plural(progress.done, "step")} done`);
  } else if (progress.percent !== null) {
    parts.push(`${progress.percent}%`);
  }
  if (health === "completed") parts.push(message);
  else if (health === "healthy" && reason !== "recent_activity" && reason !== "reported_running")
    parts.push(message);
  else if (health === "healthy" && progress.activity !== null) parts.push(progress.activity);
  return parts;
}

/** What stands behind `✓ Healthy - `; null when there is nothing to say. */
export function factOf(task: TaskReport, now: number): string | null {
  const { health, message, idle_s, progress, waiting_for, reason } = task;
  const quiet =
    idle_s !== null && idle_s > quietAfterS ? `quiet for ${formatDuration(idle_s * 1_000)}` : null;
  switch (health) {
    case "completed":
      return null;
    case "healthy":
      if (quiet !== null) return quiet;
      return progress.activity === null && (reason === "recent_activity" || reason === "reported_running")
        ? message
        : null;
    case "waiting":
      return waiting_for?.since == null
        ? message
        : `${message}, ${formatDuration(now - Date.parse(waiting_for.since))}`;
    case "stuck":
    case "struggling":
      // Silence says so itself.
      return quiet === null || reason === "no_activity" ? message : `${message}, ${quiet}`;
    default:
      return message;
  }
}

function hiddenLine(hidden: readonly TaskReport[]): string {
  const counts = counted.flatMap((health) => {
    const count = hidden.filter((task) => task.health === health).length;
    return count === 0 ? [] : [`${count} ${health}`];
  });
  return `${inWords(counts)} not shown (--all)`;
}

function emptyLines({ collected }: HealthReport, clock: string): string[] {
  const { pattern } = collected.status_files;
  const read = collected.sources.filter(({ outcome }) => outcome === "read").map(({ id }) => id);
  const searched = plural(collected.worktrees, "worktree");
  const line = `[${clock}] No background tasks. Searched ${searched} for ${pattern}`;
  return [
    line,
    ...(read.length === 0 ? [] : [`    also read: ${read.join(", ")}`]),
    "    A task shows once an agent works in a linked git worktree, or its launcher writes a status.json (--worktrees says where).",
  ];
}

/** `6 tasks: 1 failed, 5 healthy` */
export function countsLine({ summary }: HealthReport): string {
  const counts = counted.flatMap((health) => (summary[health] === 0 ? [] : [`${summary[health]} ${health}`]));
  return `${plural(summary.total, "task")}: ${counts.join(", ")}`;
}

function countLines(report: HealthReport, { again }: Style): string[] {
  const { verdict, tasks, problems } = report;
  const lines = [countsLine(report)];
  const [skipped, ...more] = skippedLines(problems);
  if (verdict.needs_attention === 0) return skipped === undefined ? lines : [...lines, skipped, ...more];
  const attention = `${plural(verdict.needs_attention, "needs", "need")} attention.`;
  const first = tasks[0];
  const name = first?.id ?? first?.worktree ?? first?.agent.session_id ?? first?.title ?? "";
  const details = `Details: ${again} --explain ${quoteForShell(name)}`;
  return [...lines, `${attention} ${skipped ?? details}`, ...more];
}

/** One line a file: "Skipped 2 bad lines in delegation_results.jsonl (17, 41)". */
function skippedLines(problems: readonly Problem[]): string[] {
  const byFile = new Map<string, number[]>();
  for (const problem of problems.filter(isSkippedLine)) {
    byFile.set(problem.path, [...(byFile.get(problem.path) ?? []), problem.line ?? 0]);
  }
  return [...byFile].map(([path, lines]) => {
    const named = lines.slice(0, lineNumbersShown).join(", ");
    const rest = lines.length > lineNumbersShown ? ", …" : "";
    return `Skipped ${plural(lines.length, "bad line")} in ${basename(path)} (${named}${rest})`;
  });
}

function isSkippedLine({ code, line }: Problem): boolean {
  return line !== null && (code === "bad_line" || code === "line_too_long");
}

/** The problems that no task's row tells. */
export function problemsOutsideRows({ problems, tasks }: HealthReport): readonly Problem[] {
  const inRows = new Set(tasks.flatMap((task) => task.details));
  return problems.filter((problem) => {
    const place = problemPlace(problem);
    return !inRows.has(`${place}: ${problem.message}`) && !inRows.has(`${place} ${problem.message}`);
  });
}

// Trouble that stands in no task's row: other files, sources, and what belongs to nobody.
function troubleLines(report: HealthReport): string[] {
  const { collected, run } = report;
  const files = problemsOutsideRows(report)
    .filter((problem) => !isSkippedLine(problem))
    .map((problem) => `${problemPlace(problem)}: ${problem.message}`);
  const sources = collected.sources.flatMap(({ id, outcome, reason }) =>
    outcome === "denied" || outcome === "failed" ? [`${id} could not be read: ${reason ?? outcome}`] : [],
  );
  const notes = collected.sources.flatMap((source) => source.notes).map((note) => `Note: ${note}`);
  return [...files, ...sources, ...notes, ...unmatchedLines(report), ...missedLines(run)];
}

// Of no task at all the first line says so.
function unmatchedLines({ collected: { status_files: files }, tasks }: HealthReport): string[] {
  const isGiven = files.pattern !== statusFilePattern;
  return isGiven && files.found === 0 && tasks.length > 0 ? [`Note: no file matches ${files.pattern}`] : [];
}

/** The runs that cron missed before this one, as a note. */
export function missedLines({ at, previous_run_at, missed_runs }: HealthReport["run"]): string[] {
  if (previous_run_at === null || missed_runs === null || missed_runs === 0) return [];
  const from = formatMoment(Date.parse(previous_run_at), Date.parse(at));
  const to = formatClock(Date.parse(at));
  const runs = `${plural(missed_runs, "scheduled run")} missed`;
  return [`Note: no monitor runs ${from}-${to}; ${runs} (asleep or off?)`];
}

function inWords(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
