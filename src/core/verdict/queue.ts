import type { Task } from "../join/task.ts";
import { isEnded } from "../log/health.ts";
import type { Assessment } from "./health.ts";

/** Tasks that were created this close to each other are one batch; milliseconds. */
const batchMs = 5 * 60_000;

/**
 * The verdicts, where what was created and waits for its turn is not stuck: a sibling of its batch is at work, or ended
 * so lately that the launcher is about to begin the next.
 */
export function settleQueues(all: readonly Assessment[]): readonly Assessment[] {
  const begun = all.filter((each) => !isUnbegun(each) && createdAt(each.facts.task) !== null);
  return all.map((each) => {
    const at = createdAt(each.facts.task);
    if (at === null || !isUnbegun(each)) return each;
    const ahead = begun
      .filter(({ facts }) => Math.abs((createdAt(facts.task) ?? 0) - at) <= batchMs)
      .filter(holdsQueue);
    const sibling = ahead.find(({ health }) => !isEnded(health)) ?? ahead[0];
    if (sibling === undefined) return each;
    const { origin } = each.verdict;
    const behind = sibling.facts.claim?.title ?? sibling.facts.task.id ?? "another task";
    const ageMs = Math.max(0, each.facts.now - at);
    return {
      ...each,
      health: "healthy",
      verdict: { finding: { code: "queued", behind, word: "created", ageMs }, basis: "inferred", origin },
    };
  });
}

function isUnbegun({ verdict }: Assessment): boolean {
  return verdict.finding.code === "never_started" || verdict.finding.code === "queued";
}

function createdAt({ status }: Task): number | null {
  return status?.status?.createdAt ?? status?.status?.updatedAt ?? null;
}

// Open, well or not, or ended no longer ago than a silence may last: then the launcher takes the next one.
function holdsQueue({ health, verdict, facts }: Assessment): boolean {
  if (!isEnded(health)) return health !== "unknown";
  const endedAt = verdict.finding.code === "process_gone" ? facts.lastActivityAt : verdict.origin.at;
  return endedAt !== null && facts.now - endedAt < facts.options.stuckAfterMs;
}
