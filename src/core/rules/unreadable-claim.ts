import type { Rule } from "./rule.ts";
import { claimOrigin } from "./rule.ts";

/** A status file that cannot be read, and nothing else that speaks of the task. */
export const unreadableClaim: Rule = (facts) => {
  const problem = facts.task.status?.problems[0];
  if (problem === undefined || facts.claim?.status != null) return null;
  if (facts.lastActivityAt !== null || facts.delegation !== null) return null;
  if (facts.claim === null)
    return { finding: { code: "claim_unreadable", problem }, basis: "reported", origin: claimOrigin(facts) };
  return { finding: { code: "claim_mismatch", problem }, basis: "reported", origin: claimOrigin(facts) };
};

/**
 * A status file that is JSON and not of its schema. It stands before "healthy" only: trouble and ends that evidence
 * shows count, but a claim that is partly wrong is not called well.
 */
export const mismatchedClaim: Rule = (facts) => {
  const problem = facts.task.status?.problems.find(
    ({ code }) => code === "wrong_type" || code === "unknown_status",
  );
  if (problem === undefined || facts.claim === null) return null;
  return { finding: { code: "claim_mismatch", problem }, basis: "reported", origin: claimOrigin(facts) };
};
