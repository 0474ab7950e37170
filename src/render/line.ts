import type { HealthReport } from "../core/report/report.ts";

/** What needs a person, in the order of the report. */
const attention = ["failed", "waiting", "stuck", "struggling", "unknown"] as const;

/** `2 failed, 1 waiting · 5 healthy`, with its newline; with `isQuiet` nothing when nobody is needed. */
export function renderLine(
  { summary }: Pick<HealthReport, "summary">,
  isQuiet: boolean,
  isAscii: boolean,
): string {
  const needed = attention
    .filter((health) => summary[health] > 0)
    .map((health) => `${summary[health]} ${health}`);
  if (isQuiet && needed.length === 0) return "";
  const parts = [needed.join(", "), ...(summary.healthy > 0 ? [`${summary.healthy} healthy`] : [])];
  return `${parts.filter((part) => part !== "").join(isAscii ? " | " : " · ")}\n`;
}
