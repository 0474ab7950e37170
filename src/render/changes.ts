import type { Change, News } from "../core/record/changed.ts";
import type { HealthReport, TaskReport } from "../core/report/report.ts";
import { formatClock } from "../core/text/time.ts";
import { clip, type Style, toAscii, width } from "./terminal.ts";
import { factOf, healthName, healthWord, missedLines, renderText, taskName } from "./text.ts";

/** One line a change; nothing at all when nothing changed. Where no earlier run is known, the report and why. */
export function renderChanges(news: News, report: HealthReport, style: Style, showAll: boolean): string {
  if (news.kind === "everything")
    return `${renderText(report, style, showAll)}Note: ${news.why}; this is the full report\n`;
  const now = Date.parse(report.run.at);
  const told = [
    ...news.changes.map((change) => changeLine(change, now, style)),
    ...news.leftOpen.map((note) => `Note: ${note}`),
  ];
  if (told.length === 0) return "";
  const lines = [...told, ...missedLines(report.run)];
  return lines.map((line) => `${style.isAscii ? toAscii(line) : line}\n`).join("");
}

function changeLine({ task, from, kind, detail }: Change, now: number, style: Style): string {
  const before = kind !== "changed" ? `${kind} ` : from === null ? "" : `${healthName(from)} -> `;
  const flapping = task.flapping ? ", flapping" : "";
  const head = `[${formatClock(now)}] ${taskName(task, null)}: ${before}${healthWord(task.health, style)}`;
  const room = style.columns === null ? null : Math.max(1, style.columns - width(head));
  const after = detail === null ? "" : `: ${detail}`;
  return head + clip(`${tailOf(task, now)}${flapping}${after}`, room);
}

function tailOf(task: TaskReport, now: number): string {
  if (task.health === "completed" && task.message.startsWith("done"))
    return task.message.slice("done".length);
  const fact = task.health === "completed" || task.health === "healthy" ? task.message : factOf(task, now);
  return fact === null ? "" : ` - ${fact}`;
}
