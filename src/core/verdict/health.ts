import type { Task } from "../join/task.ts";
import { type Health, healths, isEnded, severityOf } from "../log/health.ts";
import { noPast, type TaskPast } from "../log/past.ts";
import type { Finding } from "./finding.ts";
import { keepEnd } from "./keep-end.ts";
import type { AssessOptions } from "./options.ts";
import { asleep } from "./rules/asleep.ts";
import { cancelledRecord, completedRecord, endedClaim, failedRecord, processGone } from "./rules/ended.ts";
import { loopPolling, loopStruggling, loopStuck } from "./rules/looping.ts";
import { childRunning, claimAlone, noEvidence, recentActivity, unreadableClaim } from "./rules/open.ts";
import type { Rule, Verdict } from "./rules/rule.ts";
import { endOfLog, neverStarted, notBegun, silence } from "./rules/silence.ts";
import { failuresInARow, providerRetries, restarting } from "./rules/struggling.ts";
import { waitingClaim, waitingForPerson } from "./rules/waiting.ts";
import { gatherFacts, type TaskFacts } from "./task-facts.ts";
import { healthOf } from "./words.ts";

/** The verdict on one task: that of the first rule that holds. */
export type Assessment = {
  readonly health: Health;
  readonly verdict: Verdict;
  readonly facts: TaskFacts;
  /** The health of the other sessions that live in its worktree. */
  readonly besides: readonly Health[];
};

/**
 * The first that holds decides: a claim that nobody can read, ends (recorded, then a process that is gone, then claimed
 * ones that no evidence contradicts), what waits for a person, loops, silence, trouble, signs of work, and at last a claim
 * that stands alone. Within a rule the precedence is that of evidence: terminal record, process, transcript, logs, claim.
 */
const rules: readonly Rule[] = [
  unreadableClaim,
  failedRecord,
  cancelledRecord,
  waitingClaim,
  asleep,
  completedRecord,
  processGone,
  endedClaim,
  waitingForPerson,
  endOfLog,
  loopStuck,
  neverStarted,
  silence,
  restarting,
  providerRetries,
  failuresInARow,
  loopStruggling,
  childRunning,
  loopPolling,
  recentActivity,
  notBegun,
  claimAlone,
  noEvidence,
];

/**
 * Decides the health of `task` at `now` (epoch milliseconds), given what earlier looks recorded of it: of several sessions that live in one worktree the one in
 * trouble speaks for it. Pure; never throws.
 */
export function assess(task: Task, now: number, options: AssessOptions, past: TaskPast = noPast): Assessment {
  const own = assessAlone(task, now, options, past);
  const others = task.attempts
    .filter(({ role, liveness }) => role === "task" && liveness?.state === "alive")
    .map((stream) =>
      assessAlone(
        { ...task, streams: [stream], attempts: [], children: [], attemptChildren: [] },
        now,
        options,
        noPast,
      ),
    )
    .filter(({ health }) => !isEnded(health));
  const lead = others.reduce((worst, other) => (isInMoreTrouble(other, worst) ? other : worst), own);
  const besides = [own, ...others].filter((each) => each !== lead).map(({ health }) => health);
  return { ...lead, besides };
}

// Who sits at a prompt beside a session that works keeps nobody waiting.
function isInMoreTrouble({ health, verdict }: Alone, than: Alone): boolean {
  if (severityOf[health] === "ok" || verdict.finding.code === "waiting_prompt") return false;
  return healths.indexOf(health) < healths.indexOf(than.health);
}

type Alone = Omit<Assessment, "besides">;

function assessAlone(task: Task, now: number, options: AssessOptions, past: TaskPast): Alone {
  const facts = gatherFacts(task, now, options, past);
  for (const rule of rules) {
    const found = rule(facts);
    if (found === null) continue;
    const stays =
      past.end === null || facts.isAgain ? null : keepEnd(past.end, found, healthOf(found.finding));
    const verdict = stays ?? found;
    return { health: healthOf(verdict.finding), verdict, facts };
  }
  throw new Error("`noEvidence` always holds");
}

/** What else holds of a task but weighs less than its verdict, in order. */
export function weakerFindings({ facts }: Assessment): readonly Finding[] {
  const [, ...weaker] = rules.flatMap((rule) => rule(facts) ?? []);
  return weaker.map(({ finding }) => finding);
}
