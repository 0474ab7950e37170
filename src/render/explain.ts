import { basename, resolve } from "node:path";
import { explainTask } from "../core/report/explanation.ts";
import type { Evidence, ExplainedTask, HealthReport } from "../core/report/report.ts";
import type { Row } from "../core/report/task-row.ts";
import { inDollars, inThousands } from "../core/report/tokens.ts";
import { formatDuration, plural } from "../core/text/duration.ts";
import { formatMoment } from "../core/text/time.ts";
import { type Style, toAscii, width, wrap } from "./terminal.ts";
import { factOf, healthWord, taskName } from "./text.ts";

/**
 * The rows that `wanted` names: an id, title or worktree (also by its path, folder or branch), or the unique beginning of
 * one. `root`: the project's folder.
 */
export function findRows(rows: readonly Row[], wanted: string, root: string): readonly Row[] {
  const name = wanted.replace(/(?<=.)\/+$/, "");
  const begins = (each: string) => each.toLowerCase().startsWith(name.toLowerCase());
  const tries = [
    (row: Row) => namesOf(row).includes(name),
    (row: Row) => placesOf(row, root).includes(name),
    (row: Row) => namesOf(row).some(begins),
  ];
  const found = tries.map((isMeant) => rows.filter(isMeant)).find((those) => those.length > 0);
  return rootsOf(found ?? []);
}

// Work that a session launched has an id of its own; the name of their worktree means that session.
function rootsOf(rows: readonly Row[]): readonly Row[] {
  const roots = rows.filter(({ assessment }) => assessment.facts.task.parentKey === null);
  return roots.length > 0 ? roots : rows;
}

/** One page on a task: why it has its health, since when, what to do, all evidence, and what would change it. */
export function renderExplanation(row: Row, report: HealthReport, style: Style): string {
  const task = explainTask(row);
  const now = Date.parse(report.run.at);
  const fact = factOf(task, now) ?? task.message;
  const lines = [
    `${taskName(task, null)}: ${healthWord(task.health, style)} - ${fact}`,
    ...task.details.map(inside),
  ];
  for (const [title, found] of sectionsOf(task, report, row.assessment.verdict.basis))
    if (found.length > 0) lines.push("", style.chalk.bold(title), ...found.map(inside));
  const unique = lines.filter((line, index) => line === "" || lines.indexOf(line) === index);
  // A command stays whole, or it could not be pasted.
  const command = task.next_command === null ? null : inside(task.next_command);
  const shown = unique.flatMap((line) => (line === command ? [line] : wrap(line, style.columns)));
  return shown.map((line) => `${style.isAscii ? toAscii(line) : line}\n`).join("");
}

function sectionsOf(
  task: ExplainedTask,
  report: HealthReport,
  basis: string,
): readonly (readonly [title: string, lines: readonly string[]])[] {
  const now = Date.parse(report.run.at);
  const [first, ...weaker] = task.findings;
  const [reached, close] = [task.rules.filter(isReached), task.rules.filter((rule) => !isReached(rule))];
  return [
    [
      "Why",
      [
        `${first?.code} (${basis})`,
        ...reached.flatMap((rule) => ruleLines(withoutCode(rule, first?.code), now)),
        ...thresholdLines(task, report),
      ],
    ],
    ["About", aboutLines(task, now)],
    ["What to do", task.next_command === null ? [] : [task.next_command]],
    ["Evidence", evidenceTable(task.evidence, now)],
    [
      "Also true, but weighs less",
      weaker.map(({ code, health, message }) => `${code} (${health}): ${message}`),
    ],
    ["Came close", close.flatMap((rule) => ruleLines(rule, now))],
    ["Would change it", task.would_change],
  ];
}

function thresholdLines({ idle_s: idleS, health }: ExplainedTask, { thresholds }: HealthReport): string[] {
  if (health === "completed" || health === "cancelled" || idleS === null) return [];
  const [plain, open] = [thresholds.stuck_after_s, thresholds.stuck_after_open_tool_s].map(inWords);
  return [`quiet for ${inWords(idleS)}; stuck from ${plain}, ${open} with a tool running`];
}

function aboutLines(
  {
    agent,
    branch,
    progress,
    tokens,
    cost_usd,
    commits_ahead,
    diff,
    since,
    started_at,
    ended_at,
  }: ExplainedTask,
  now: number,
): string[] {
  const who = [
    ...(agent.kind === "unknown" ? [] : [agent.kind.replaceAll("_", " ")]),
    ...(agent.name === null ? [] : [agent.name]),
    ...(agent.session_id === null ? [] : [`session ${agent.session_id}`]),
    ...(agent.pid === null ? [] : [`pid ${agent.pid}`]),
  ];
  const age = (time: string) =>
    `${formatMoment(Date.parse(time), now)} (${formatDuration(now - Date.parse(time))} ago)`;
  return [
    ...(who.length === 0 ? [] : [`agent: ${who.join(", ")}`]),
    ...(branch === null ? [] : [`branch: ${branch}`]),
    ...(progress.done === null ? [] : [`progress: ${progressWords(progress)}`]),
    ...(tokens === null ? [] : [`tokens: ${tokenWords(tokens, cost_usd)}`]),
    ...(diff === null
      ? []
      : [
          `commits: ${plural(commits_ahead ?? 0, "commit")} ahead, ${plural(diff.files, "file")} +${diff.added} −${diff.removed}`,
        ]),
    ...(started_at === null ? [] : [`started: ${age(started_at)}`]),
    ...(since === null || since === ended_at || Date.parse(since) >= now ? [] : [`so since: ${age(since)}`]),
    ...(ended_at === null ? [] : [`ended: ${age(ended_at)}`]),
  ];
}

function tokenWords(
  { input, output, context, window }: NonNullable<ExplainedTask["tokens"]>,
  cost: number | null,
) {
  const held =
    context === null
      ? ""
      : `; context ${inThousands(context)}${window === null ? "" : ` of ${inThousands(window)}`}`;
  return `${inThousands(input)} in, ${inThousands(output)} out${held}${cost === null ? "" : `; ${inDollars(cost)}`}`;
}

function progressWords({ done, total, estimated, basis }: ExplainedTask["progress"]): string {
  return estimated ? `~${done}%, estimated from ${basis}` : `${done}/${total} steps`;
}

/** Time, source, what it says and where, in columns; of claims and conclusions it says that they are. */
function evidenceTable(evidence: readonly Evidence[], now: number): string[] {
  const moments = evidence.map(({ at }) => (at === null ? "" : formatMoment(Date.parse(at), now)));
  const momentWidth = Math.max("00:00".length, ...moments.map((moment) => moment.length));
  const sourceWidth = Math.max(0, ...evidence.map(({ source }) => width(source)));
  return evidence.map(({ source, basis, says, file, line }, index) => {
    const when = (moments[index] ?? "").padEnd(momentWidth);
    const where = file === null ? "" : ` [${file}${line === null ? "" : `:${line}`}]`;
    const how = basis === "observed" ? "" : ` (${basis})`;
    return `${when}  ${source.padEnd(sourceWidth)}  ${says}${how}${where}`;
  });
}

type Rule = ExplainedTask["rules"][number];

function isReached({ count, struggling_from, stuck_from, excuse }: Rule): boolean {
  return excuse === null && [struggling_from, stuck_from].some((level) => level !== null && count >= level);
}

// `tool_failures (failed calls in a row)` below a line that has said the code
function withoutCode(rule: Rule, code: string | undefined): Rule {
  return rule.rule.startsWith(`${code} (`)
    ? { ...rule, rule: rule.rule.slice(`${code} (`.length, -1) }
    : rule;
}

function ruleLines(
  { rule, count, of, struggling_from, stuck_from, excuse, calls }: Rule,
  now: number,
): string[] {
  const levels = [
    ...(struggling_from === null ? [] : [`struggling from ${struggling_from}`]),
    ...(stuck_from === null ? [] : [`stuck from ${stuck_from}`]),
    ...(excuse === null ? [] : [excuse]),
  ];
  const counted = calls.map(({ at, tool, target }) =>
    `  ${formatMoment(Date.parse(at), now)}  ${tool} ${target ?? ""}`.trimEnd(),
  );
  return [`${rule}: ${count}${of === null ? "" : ` of ${of}`}; ${levels.join(", ")}`, ...counted];
}

function inside(line: string): string {
  return `    ${line}`;
}

function inWords(seconds: number): string {
  return formatDuration(seconds * 1_000);
}

function namesOf({ subject, task }: Row): string[] {
  return [subject, task.id, task.title, task.worktree, task.agent.session_id].filter((name) => name !== null);
}

function placesOf({ task: { worktree, branch } }: Row, root: string): string[] {
  const places = worktree === null ? [] : [basename(worktree), resolve(root, worktree)];
  return branch === null ? places : [...places, branch];
}
