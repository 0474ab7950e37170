import type { Health } from "./finding.ts";
import type { Assessment } from "./health.ts";
import type { TaskFacts } from "./task-facts.ts";

/** The claims that the verdict does not follow, each as a line that says who still says what. */
export function overruled({ facts, health, verdict }: Assessment): string[] {
  const lines: string[] = [];
  const { claim, terminals, streams } = facts;
  const meant = groupOf(health);
  if (claim?.status != null && meant !== "unknown" && claimGroup(claim.status) !== meant) {
    const says = claimGroup(claim.status) === "open" ? "still says" : "says";
    lines.push(`status.json ${says} "${claim.reportedStatus ?? claim.status}"`);
  }
  for (const { by, outcome } of terminals) {
    // That its own turn is over is why it waits.
    if (by === "transcript" && (verdict.finding.code === "child_running" || health === "waiting")) continue;
    if (outcomeGroup(outcome) === meant || meant === "unknown") continue;
    lines.push(
      by === "result" ? `delegation_results.jsonl says "${outcome}"` : `its transcript ended with ${outcome}`,
    );
  }
  for (const other of streams.flatMap((stream) => stream.claims)) {
    const said = other.says === "open" ? "open" : outcomeGroup(other.says);
    if (meant !== "unknown" && said !== meant) lines.push(`${other.by} was told "${other.word}"`);
  }
  return [...new Set(lines)];
}

type Group = "open" | "well" | "badly" | "cancelled" | "unknown";

function groupOf(health: Health): Group {
  if (health === "completed") return "well";
  if (health === "failed") return "badly";
  return health === "cancelled" || health === "unknown" ? health : "open";
}

function claimGroup(status: NonNullable<NonNullable<TaskFacts["claim"]>["status"]>): Group {
  if (status === "completed") return "well";
  return status === "failed" || status === "timeout" ? "badly" : "open";
}

function outcomeGroup(outcome: "success" | "failure" | "timeout" | "cancelled"): Group {
  return outcome === "success" ? "well" : outcome === "cancelled" ? "cancelled" : "badly";
}
