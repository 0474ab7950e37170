import { originOf } from "../../evidence/stream.ts";
import type { TaskFacts } from "../task-facts.ts";
import { claimOrigin, type Rule } from "./rule.ts";
import { silenceThresholdMs } from "./silence.ts";

/** The turn is over, but something that it launched still works. */
export const childRunning: Rule = (facts) => {
  const [what] = facts.runningChildren;
  if (what === undefined || facts.lastActivityIn === null) return null;
  return {
    finding: { code: "child_running", what, count: facts.runningChildren.length },
    basis: "observed",
    origin: originOf(facts.lastActivityIn, facts.lastActivityAt, facts.lastActivityIn.activity.lastLine),
  };
};

/** Positive evidence of activity inside the thresholds: the silence rules stand before this one. */
export const recentActivity: Rule = (facts) => {
  const { idleMs } = facts;
  if (idleMs === null || facts.lastActivityIn === null || idleMs >= silenceThresholdMs(facts)) return null;
  return {
    finding: { code: "recent_activity", idleMs },
    basis: facts.lastActivityIn.kind === "files" ? "inferred" : "observed",
    origin: originOf(facts.lastActivityIn, facts.lastActivityAt, facts.lastActivityIn.activity.lastLine),
  };
};

/** Only a claim speaks, and it is fresh: healthy on its word. An old one proves nothing, not even silence. */
export const claimAlone: Rule = (facts) => {
  const claimed = openClaim(facts);
  if (claimed === null || facts.lastActivityAt !== null) return null;
  const { by, word, at, origin } = claimed;
  const { now, options, liveness } = facts;
  if (at === null) {
    const aheadMs = facts.claim?.aheadMs ?? null;
    return { finding: { code: "no_evidence", by, aheadMs }, basis: "reported", origin };
  }
  // A claim whose process cannot be seen is contradicted, however fresh it is.
  const isFresh = now - at < options.stuckAfterMs && liveness?.isUnseen !== true;
  const code = isFresh ? "reported_running" : "claim_alone";
  const ageMs = Math.max(0, now - (claimed.startedAt ?? at));
  return { finding: { code, by, word, ageMs }, basis: "reported", origin };
};

/** Nothing says anything. */
export const noEvidence: Rule = (facts) => ({
  finding: { code: "no_evidence", by: null, aheadMs: null },
  basis: "inferred",
  origin: claimOrigin(facts),
});

function openClaim(facts: TaskFacts) {
  const { claim, delegation } = facts;
  if (claim?.status === "running" || claim?.status === "created") {
    const at = claim.updatedAt ?? claim.startedAt ?? claim.createdAt;
    const word = claim.isQueued ? (claim.reportedStatus ?? claim.status) : claim.status;
    // What a launcher writes again and again tells of life, not of the beginning.
    const startedAt = claim.status === "running" ? claim.startedAt : null;
    return { by: "status.json", word, at, startedAt, origin: claimOrigin(facts) };
  }
  const request = delegation?.result === null ? delegation.request : null;
  if (delegation === null || request === null) return null;
  const at = facts.requestedAt;
  const origin = { source: "delegation_requests.jsonl", file: request.file, line: request.line, at };
  return { by: "delegation_requests.jsonl", word: "requested", at, startedAt: null, origin };
}

/** A status file that cannot be read, or whose word nobody knows, and nothing else that speaks of the task. */
export const unreadableClaim: Rule = (facts) => {
  const problem = facts.task.status?.problems[0];
  if (problem === undefined || facts.claim?.status != null) return null;
  if (facts.lastActivityAt !== null || facts.delegation !== null) return null;
  if (facts.claim === null)
    return { finding: { code: "claim_unreadable", problem }, basis: "reported", origin: claimOrigin(facts) };
  return { finding: { code: "claim_mismatch", problem }, basis: "reported", origin: claimOrigin(facts) };
};
