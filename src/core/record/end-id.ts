import type { FinishedEvent } from "../log/event.ts";
import type { Row } from "../report/task-row.ts";

/** The id of the event that tells a row's end, as it is recorded already or as this run records it; null while it is open. */
export function endIdOf(row: Row, source: string): string | null {
  const { assessment, isEndRecorded, subject, task } = row;
  if (isEndRecorded) return assessment.facts.past.end?.id ?? null;
  const outcome = outcomeOf(row);
  return outcome === null
    ? null
    : contentId(source, subject, "finished", outcome, task.started_at ?? "", task.ended_at ?? "");
}

/** How a row's work ended; null while it is open. */
export function outcomeOf({ task, assessment }: Row): FinishedEvent["data"]["outcome"] | null {
  const { finding } = assessment.verdict;
  switch (task.health) {
    case "completed":
      return "success";
    case "cancelled":
      return "cancelled";
    case "failed":
      return ("outcome" in finding && finding.outcome === "timeout") ||
        ("word" in finding && finding.word === "timeout")
        ? "timeout"
        : "failure";
    default:
      return null;
  }
}

/** The same content gives the same id, so that of what overlapping runs write twice a reader drops one. */
export function contentId(...parts: readonly string[]): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(parts.join("\n")).digest("hex").slice(0, 12)}`;
}

/** Where a run's events come from. */
export function sourceOf({ host, root }: { readonly host: string; readonly root: string }): string {
  return `/agent-monitor/${host}/${root.split("/").at(-1) ?? ""}`;
}
