import { endedAt as delegationEndedAt } from "../../claims/delegation.ts";
import { saysEnded } from "../../claims/status-word.ts";
import { clockToleranceMs } from "../../text/time.ts";
import type { TaskFacts } from "../task-facts.ts";
import type { Terminal } from "../terminals.ts";
import { claimOrigin, processOrigin, type Rule } from "./rule.ts";
import { silenceThresholdMs } from "./silence.ts";

/** A terminal record of failure or timeout. Of two that disagree the bad one counts: a false "completed" is the worse lie. */
export const failedRecord: Rule = (facts) => {
  const terminal = facts.terminals.find(({ outcome }) => outcome === "failure" || outcome === "timeout");
  if (terminal === undefined || isReopened(facts, terminal)) return null;
  const outcome = terminal.outcome === "timeout" ? "timeout" : "failure";
  const error = terminal.message;
  if (terminal.isEmpty)
    return { finding: { code: "no_answer", how: error }, basis: "observed", origin: terminal.origin };
  if (terminal.by === "transcript")
    return { finding: { code: "turn_failed", outcome, error }, basis: "observed", origin: terminal.origin };
  const durationMs = facts.delegation?.result?.durationMs ?? null;
  return {
    finding: { code: "result_failed", outcome, error, durationMs },
    basis: "reported",
    origin: terminal.origin,
  };
};

/** A terminal record of success, and nothing of the work still running. */
export const completedRecord: Rule = (facts) => {
  const terminal = facts.terminals.find(({ outcome }) => outcome === "success");
  if (terminal === undefined || isReopened(facts, terminal)) return null;
  if (facts.runningChildren.length > 0 || facts.current?.isInteractive === true) return null;
  // It asked with its last words: for the approval of a plan, or help with its goal.
  if (/^(plan_approval|other)$/.test(facts.current?.activity.waiting?.for ?? "")) return null;
  const note = terminal.by === "transcript" ? (terminal.message ?? unfinishedPlan(facts)) : null;
  const { answer } = terminal;
  const code = terminal.by === "transcript" ? "turn_over" : "result_recorded";
  return {
    finding: { code, durationMs: durationOf(facts, terminal.at), note, answer },
    basis: terminal.by === "transcript" ? "observed" : "reported",
    origin: terminal.origin,
  };
};

/** The work was stopped by a person, who does not sit at its prompt. */
export const cancelledRecord: Rule = (facts) => {
  const terminal = facts.terminals.find(({ outcome }) => outcome === "cancelled");
  if (terminal === undefined || isReopened(facts, terminal)) return null;
  if (terminal.by === "transcript" && facts.waiting?.waiting.for === "prompt") return null;
  return { finding: { code: "cancelled", by: terminal.message }, basis: "observed", origin: terminal.origin };
};

/** `status.json` says that it ended, and no evidence says that it still works. */
export const endedClaim: Rule = (facts) => {
  const { claim } = facts;
  if (claim === null || !saysEnded(claim.status) || isContradicted(facts)) return null;
  const origin = claimOrigin(facts);
  const { status: word, error, exitCode } = claim;
  // A launcher may write that the run is over, and how it went by its exit code alone.
  if (word === "completed" && (exitCode ?? 0) === 0) {
    const durationMs = durationOf(facts, claim.completedAt ?? claim.updatedAt);
    return {
      finding: { code: "reported_completed", durationMs, note: null, answer: null },
      basis: "reported",
      origin,
    };
  }
  if (word === "cancelled") {
    const by = `status.json says "${claim.reportedStatus ?? word}"`;
    return { finding: { code: "cancelled", by }, basis: "reported", origin };
  }
  return { finding: { code: "reported_failed", word, error, exitCode }, basis: "reported", origin };
};

// Agents stop early and call it done; the plan tells.
function unfinishedPlan({ activity }: TaskFacts): string | null {
  const plan = activity?.plan ?? null;
  return plan === null || plan.done >= plan.total ? null : `ended with ${plan.done}/${plan.total} steps`;
}

/** A result was logged, but the session was taken up again afterwards: a new instruction, not a late line. */
function isReopened(facts: TaskFacts, terminal: Terminal): boolean {
  if (terminal.by === "transcript" || terminal.at === null) return false;
  const { at } = terminal;
  return (
    facts.isTranscriptOpen && facts.streams.some(({ activity }) => (activity.lastUserMessageAt ?? 0) > at)
  );
}

// A transcript that is still open is stronger than the claim, once something happened in it after the claim was made; so
// is a request that was made after it.
function isContradicted(facts: TaskFacts): boolean {
  if (facts.runningChildren.length > 0) return true;
  const claimedAt = facts.claim?.completedAt ?? facts.claim?.updatedAt ?? null;
  const isOpen = facts.delegation !== null && facts.delegation.result === null;
  if (isOpen && claimedAt !== null && (facts.requestedAt ?? 0) > claimedAt) return true;
  if (claimedAt !== null && isLogGoingOn(facts, claimedAt)) return true;
  if (!facts.isTranscriptOpen) return false;
  return facts.liveness?.state === "alive" || claimedAt === null || (facts.lastActivityAt ?? 0) > claimedAt;
}

// Calls that go on well after it was called done speak against that, as long as they go on and somebody is there to make them.
function isLogGoingOn(facts: TaskFacts, claimedAt: number): boolean {
  const { lastActivityIn, lastActivityAt, idleMs, liveness } = facts;
  if (
    liveness?.state === "gone" ||
    lastActivityIn?.kind !== "log" ||
    lastActivityAt === null ||
    idleMs === null
  )
    return false;
  return lastActivityAt > claimedAt + clockToleranceMs && idleMs < silenceThresholdMs(facts);
}

function durationOf(facts: TaskFacts, endedAt: number | null): number | null {
  const measured = facts.delegation?.result?.durationMs;
  if (measured != null) return measured;
  const end = endedAt ?? (facts.delegation === null ? null : delegationEndedAt(facts.delegation));
  return end === null || facts.startedAt === null || end < facts.startedAt ? null : end - facts.startedAt;
}

/** The process is provably gone while the work is open: nobody will finish it. */
export const processGone: Rule = (facts) => {
  if (facts.liveness?.state !== "gone") return null;
  const isClaimedOpen = facts.claim !== null && !saysEnded(facts.claim.status);
  const isOpen =
    facts.isTranscriptOpen || (facts.terminals.length === 0 && (isClaimedOpen || facts.claim === null));
  if (!isOpen) return null;
  return {
    finding: { code: "process_gone", pid: facts.liveness.pid, says: facts.liveness.says },
    basis: "observed",
    origin: processOrigin(facts),
  };
};
