import type { HealthReport } from "../core/report.ts";

/** The report as one JSON document with a newline at its end. */
export function renderJson(report: HealthReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
