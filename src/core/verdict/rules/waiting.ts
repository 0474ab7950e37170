import { originOf } from "../../evidence/stream.ts";
import { latest } from "../../text/time.ts";
import { beforePrompt } from "../phrases.ts";
import { claimOrigin, type Rule } from "./rule.ts";

const codes = {
  permission: "waiting_permission",
  question: "waiting_question",
  plan_approval: "waiting_plan_approval",
  usage_limit: "waiting_usage_limit",
  prompt: "waiting_prompt",
  other: "waiting_other",
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
  if (facts.waiting === null) return null;
  const { waiting, stream, isInferred } = facts.waiting;
  const waitedMs = Math.max(0, facts.now - waiting.at);
  return {
    finding: {
      code: codes[waiting.for],
      waiting,
      waitedMs,
      isInferred,
      before: beforePrompt(stream.activity),
    },
    basis: isInferred ? "inferred" : "observed",
    origin: originOf(stream, waiting.at, waiting.line),
  };
};
