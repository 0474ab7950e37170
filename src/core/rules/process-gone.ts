import { processOrigin, type Rule } from "./rule.ts";

/** The process is provably gone while the work is open: nobody will finish it. */
export const processGone: Rule = (facts) => {
  if (facts.liveness?.state !== "gone") return null;
  const isClaimedOpen =
    facts.claim?.status === "running" || facts.claim?.status === "created" || facts.claim?.status === null;
  const isOpen =
    facts.isTranscriptOpen || (facts.terminals.length === 0 && (isClaimedOpen || facts.claim === null));
  if (!isOpen) return null;
  return {
    finding: { code: "process_gone", pid: facts.liveness.pid, says: facts.liveness.says },
    basis: "observed",
    origin: processOrigin(facts),
  };
};
