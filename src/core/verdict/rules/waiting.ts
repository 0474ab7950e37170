import { originOf } from "../../evidence/stream.ts";
import type { Rule } from "./rule.ts";

const codes = {
  permission: "waiting_permission",
  question: "waiting_question",
  plan_approval: "waiting_plan_approval",
  usage_limit: "waiting_usage_limit",
  prompt: "waiting_prompt",
} as const;

/** A permission, a question or a plan is open, or a usage limit holds the work; also an interactive session at its prompt. */
export const waitingForPerson: Rule = (facts) => {
  if (facts.waiting === null) return null;
  const { waiting, stream, isInferred } = facts.waiting;
  const waitedMs = Math.max(0, facts.now - waiting.at);
  return {
    finding: { code: codes[waiting.for], waiting, waitedMs, isInferred },
    basis: isInferred ? "inferred" : "observed",
    origin: originOf(stream, waiting.at, waiting.line),
  };
};
