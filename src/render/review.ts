import { inDollars, inThousands } from "../core/report/tokens.ts";
import type { Pattern, Rate, Review, Usage } from "../core/review/review.ts";
import { formatDuration, plural } from "../core/text/duration.ts";
import { plainText } from "../core/text/safe-text.ts";
import { clip, type Style, toAscii, width } from "./terminal.ts";

const barColumns = 12;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;
const patternsShown = 12;
/** What of a name a terminal shows. */
const nameColumns = 20;

/** The review for people: rates with bars and their coverage, then what went wrong and how it went on. */
export function renderReview(review: Review, style: Style): string {
  const { window, runs, outcomes, durations, struggling, waiting, first_sign, read } = review;
  const days = formatDuration(Date.parse(window.to) - Date.parse(window.from));
  const lines = [
    style.chalk.bold(`Review of ${minute(window.from)} to ${minute(window.to)} UTC (${days})`),
    ...runsLines(review),
    "",
    `Success rate  ${rateText(outcomes, style)}${coverageText(outcomes)}`,
    ...(review.open === 0 ? [] : [`              ${review.open} still open`]),
    ...rateTable(
      "By agent",
      review.by_agent.map(({ agent, ...rate }) => [agent, rate]),
      style,
    ),
    ...rateTable(
      "By category",
      review.by_category.map(({ category, ...rate }) => [category, rate]),
      style,
    ),
    ...usageTable(review.usage, style),
    "",
    `Durations     median ${seconds(durations.median_s)}, p90 ${seconds(durations.p90_s)} (${plural(durations.count, "task")})`,
    `Struggling    ${strugglingText(struggling)}`,
    ...labelled("Waiting", waitingLines(waiting)),
    ...signLines(first_sign),
    ...patternLines(review.patterns, style),
  ];
  if (runs.recorded === 0 && read.events === 0)
    lines.push("", "No run is on record: let cron run it every 4 minutes (README, From cron).");
  if (read.skipped_lines > 0) lines.push("", `Skipped ${plural(read.skipped_lines, "bad line")} in the logs`);
  if (read.unreadable.length > 0) lines.push("", ...read.unreadable.map((file) => `Not counted: ${file}`));
  return lines.map((line) => `${style.isAscii ? asciiBars(toAscii(line)) : line}\n`).join("");
}

function runsLines({ runs, read }: Review): string[] {
  const seen =
    runs.due === null
      ? `${plural(runs.recorded, "run")} recorded, none of cron: how much they missed is not known`
      : `${runs.seen} of ${runs.due} scheduled runs seen (${percent(runs.coverage_pct)}), ${runs.recorded} recorded`;
  const between = read.ends_from_delegations;
  return between === 0 ? [seen] : [seen, `${plural(between, "end")} between runs, from the delegation logs`];
}

function rateText(rate: Rate, style: Style): string {
  const { success, failure, timeout, cancelled, unknown, success_rate_pct } = rate;
  const beside = [
    ...(cancelled === 0 ? [] : [`${cancelled} cancelled`]),
    ...(unknown === 0 ? [] : [`${unknown} unknown`]),
  ];
  const all = `${success} of ${success + failure + timeout}${beside.length === 0 ? "" : `; ${beside.join(", ")}`}`;
  return `${percent(success_rate_pct).padStart(6)} ${bar(success_rate_pct ?? 0, style)} ${all}`;
}

function coverageText({ coverage_pct }: Rate): string {
  return coverage_pct === null ? " (coverage not known)" : ` (coverage ${percent(coverage_pct)})`;
}

function rateTable(title: string, rows: readonly (readonly [string, Rate])[], style: Style): string[] {
  // Where nothing has a name, the table says what stands above it.
  if (rows.every(([name]) => name === "none" || name === "unknown")) return [];
  return table(
    title,
    rows.map(([name, rate]) => [name, `${rateText(rate, style)}${coverageText(rate)}`]),
    style,
  );
}

/** Only of agents that write something of it. */
function usageTable(usage: readonly Usage[], style: Style): string[] {
  const known = usage.filter(({ tokens, cost }) => tokens !== null || cost !== null);
  return table(
    "Tokens and cost",
    known.map((each) => [each.agent, usageText(each)]),
    style,
  );
}

function usageText({ tasks, tokens, cost }: Usage): string {
  const of = (count: number) => `(${count} of ${plural(tasks, "task")})`;
  return [
    ...(tokens === null
      ? []
      : [`${inThousands(tokens.input)} in, ${inThousands(tokens.output)} out ${of(tokens.tasks)}`]),
    ...(cost === null ? [] : [`${inDollars(cost.usd)} ${of(cost.tasks)}`]),
  ].join("; ");
}

function table(title: string, rows: readonly (readonly [string, string])[], style: Style): string[] {
  if (rows.length === 0) return [];
  const names = rows.map(([name]) => clip(plainText(name), style.columns === null ? null : nameColumns));
  const columns = Math.max(...names.map(width));
  return [
    "",
    title,
    ...rows.map(([, text], index) => {
      const name = names[index] ?? "";
      return `    ${name}${" ".repeat(columns - width(name))}  ${text}`;
    }),
  ];
}

function strugglingText({
  spells,
  recovered,
  worsened,
  other,
  median_recovery_s,
}: Review["struggling"]): string {
  if (spells === 0) return "never";
  const parts = [
    `${recovered} recovered${recovered === 0 ? "" : ` (median ${seconds(median_recovery_s)})`}`,
    `${worsened} got stuck or failed`,
    ...(other === 0 ? [] : [`${other} other`]),
  ];
  return `${plural(spells, "time")}: ${parts.join(", ")}`;
}

function waitingLines({ asked, at_prompt: idle }: Review["waiting"]): string[] {
  const line = (what: string, { tasks, total_s, longest_s }: Review["waiting"]["asked"]) =>
    tasks === 0
      ? []
      : [`${seconds(total_s)} ${what}, ${plural(tasks, "task")}, longest ${seconds(longest_s)}`];
  const lines = [...line("for an answer", asked), ...line("at the prompt", idle)];
  return lines.length === 0 ? ["for nobody"] : lines;
}

function signLines(first: Review["first_sign"]): string[] {
  const { failures_announced: announced, failures_without_sign: sudden } = first;
  const lines = [
    ...(first.confirmed === 0
      ? []
      : [`${plural(first.confirmed, "trouble")} confirmed after ${seconds(first.median_to_confirmed_s)}`]),
    ...(announced === 0
      ? []
      : [
          `${plural(announced, "failure")} announced ${seconds(first.median_to_failure_s)} before (p90 ${seconds(first.p90_to_failure_s)})`,
        ]),
    ...(sudden === 0 ? [] : [`${plural(sudden, "failure")} without a sign`]),
  ];
  return labelled("First sign", lines.length === 0 ? ["nothing to announce"] : lines);
}

function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? label : "").padEnd(14) + line);
}

function patternLines(patterns: readonly Pattern[], style: Style): string[] {
  if (patterns.length === 0) return [];
  const most = Math.max(...patterns.map(({ tasks }) => tasks));
  const rest = patterns.length - patternsShown;
  return [
    "",
    "Seen in 3 tasks and more (! in 5 and more)",
    ...patterns.slice(0, patternsShown).map(({ kind, value, tasks, is_frequent }) => {
      const mark = is_frequent ? style.chalk.yellow("!") : " ";
      return `  ${mark} ${String(tasks).padStart(3)} tasks ${bar((tasks / most) * 100, style)} ${kind.replace("_", " ")} ${plainText(value)}`;
    }),
    ...(rest > 0 ? [`        ${rest} more (--json)`] : []),
  ];
}

function bar(share: number, style: Style): string {
  const filled = Math.round((share / 100) * barColumns * 8);
  const full = "█".repeat(Math.floor(filled / 8));
  const part = eighths[filled % 8] ?? "";
  return style.chalk.green(`${full}${part}`) + " ".repeat(barColumns - full.length - part.length);
}

function asciiBars(line: string): string {
  return line.replaceAll("█", "#").replaceAll(/[▏▎▍▌▋▊▉]/g, "#");
}

function percent(share: number | null): string {
  return share === null ? "-" : `${share}%`;
}

function seconds(all: number | null): string {
  return all === null ? "-" : formatDuration(all * 1_000);
}

function minute(time: string): string {
  return time.slice(0, 16).replace("T", " ");
}
