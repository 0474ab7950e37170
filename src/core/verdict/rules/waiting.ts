import { originOf } from "../../evidence/stream.ts";
import { latest } from "../../text/time.ts";
import { claimOrigin, type Rule } from "./rule.ts";

const codes = {
  permission: "waiting_permission",
  question: "waiting_question",
  plan_approval: "waiting_plan_approval",
  usage_limit: "waiting_usage_limit",
  prompt: "waiting_prompt",
} as const;

/** What happens this long after its status file was written may have been on its way already. */
const onItsWayMs = 5_000;

/** Its status file says that it needs somebody, and nothing happened since. */
export const waitingClaim: Rule = (facts) => {
  const { claim, task, liveness, lastActivityAt, terminals, now } = facts;
  if (claim?.status !== "waiting") return null;
  if (liveness?.state === "gone" && terminals.length === 0) return null;
  const at = claim.updatedAt ?? claim.startedAt ?? claim.createdAt ?? task.status?.writtenAt ?? null;
  const lastAt = latest([lastActivityAt, ...terminals.map((terminal) => terminal.at)]);
  if (lastAt !== null && lastAt > (at ?? 0) + onItsWayMs) return null;
  return {
    finding: {
      code: "waiting_reported",
      word: claim.reportedStatus ?? claim.status,
      text: claim.error ?? claim.step,
      waitedMs: at === null ? null : Math.max(0, now - at),
    },
    basis: "reported",
    origin: claimOrigin(facts),
  };
};

/** A permission, a question or a plan is open, or a usage limit holds the work; also an interactive session at its prompt. */
export const waitingForPerson: Rule = (facts) => {
  const found = facts.waiting;
  if (found !== null) {
    const { waiting, stream } = found;
    return {
      finding: { code: codes[waiting.for], waiting, waitedMs: Math.max(0, facts.now - waiting.at) },
      basis: "observed",
      origin: originOf(stream, waiting.at, waiting.line),
    };
  }
  const { current } = facts;
  const ended = current?.activity.ended;
  if (
    current === null ||
    ended == null ||
    !current.isInteractive ||
    ended.outcome !== "success" ||
    facts.runningChildren.length > 0
  )
    return null;
  const waiting = {
    for: "prompt" as const,
    at: ended.at,
    line: ended.line,
    tool: null,
    text: null,
    callId: null,
  };
  return {
    finding: { code: "waiting_prompt", waiting, waitedMs: Math.max(0, facts.now - ended.at) },
    basis: "observed",
    origin: originOf(current, ended.at, ended.line),
  };
};
