import type { HealthReport } from "../core/report/report.ts";
import type { Review } from "../core/review/review.ts";

/** One JSON document with a newline at its end. */
export function renderJson(document: HealthReport | Review): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
