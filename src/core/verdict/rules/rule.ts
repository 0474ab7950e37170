import type { Origin } from "../../evidence/stream.ts";
import type { Basis } from "../../log/health.ts";
import { latest } from "../../text/time.ts";
import type { Finding } from "../finding.ts";
import type { TaskFacts } from "../task-facts.ts";

/** A finding with how and from where it is known. */
export type Verdict = { readonly finding: Finding; readonly basis: Basis; readonly origin: Origin };

/** One question about a task; null when it does not apply. Pure, and never throws. */
export type Rule = (facts: TaskFacts) => Verdict | null;

/** The origin of a claim in `status.json`. */
export function claimOrigin(facts: TaskFacts): Origin {
  const { task, claim } = facts;
  return {
    source: "status.json",
    file: task.status?.path ?? null,
    line: null,
    at: latest([claim?.updatedAt, claim?.completedAt]) ?? claim?.createdAt ?? null,
  };
}

/** The origin of what was concluded from processes. */
export function processOrigin(facts: Pick<TaskFacts, "now">): Origin {
  return { source: "process", file: null, line: null, at: facts.now };
}
