import type { CallRecord } from "../evidence/activity.ts";
import { targetWithin } from "../evidence/call-digest.ts";
import { closeCalls } from "../loops/loop.ts";
import type { RuleMeasure } from "../loops/loop-rule.ts";
import { formatTime } from "../text/time.ts";
import { weakerFindings } from "../verdict/health.ts";
import { loopRuleNames } from "../verdict/phrases.ts";
import type { TaskFacts } from "../verdict/task-facts.ts";
import { findingChange, findingMessage, healthOf } from "../verdict/words.ts";
import type { ExplainedTask } from "./report.ts";
import type { Row } from "./task-row.ts";

/** Calls of a rule that are shown, the last ones. */
const callsShown = 8;

/** A task with all that holds of it, the rules that came close, and what would change its health. */
export function explainTask({ task, assessment }: Row): ExplainedTask {
  const { facts, verdict } = assessment;
  const weaker = weakerFindings(assessment).filter(({ code }) => code !== "no_evidence");
  const findings = [verdict.finding, ...weaker].map((finding) => ({
    code: finding.code,
    health: healthOf(finding),
    message: findingMessage(finding, facts),
  }));
  return {
    ...task,
    findings,
    rules: [...ownersRule(facts), ...loopRules(facts)],
    would_change: [findingChange(verdict.finding, facts)],
  };
}

function ownersRule(facts: TaskFacts): ExplainedTask["rules"] {
  const { activity, options } = facts;
  if (activity === null) return [];
  const { count, startedAt } = activity.failures;
  if (count === 0 || count < options.failures / 2) return [];
  const rule = "tool_failures (failed calls in a row)";
  const failed = activity.calls.filter(
    ({ outcome, endedAt }) => outcome === "failed" && endedAt >= (startedAt ?? 0),
  );
  const calls = callRows(failed.slice(-count), facts);
  return [
    { rule, count, of: null, struggling_from: options.failures, stuck_from: null, excuse: null, calls },
  ];
}

// From half of its threshold on a rule is worth a line.
function loopRules(facts: TaskFacts): ExplainedTask["rules"] {
  if (facts.activity === null) return [];
  return closeCalls(facts.activity, { now: facts.now })
    .filter(({ count, threshold, warnAt }) => {
      const first = Math.min(threshold ?? Number.POSITIVE_INFINITY, warnAt ?? Number.POSITIVE_INFINITY);
      return count > 0 && count >= first / 2;
    })
    .map((measure) => ruleRow(measure, facts));
}

function ruleRow(measure: RuleMeasure, facts: TaskFacts): ExplainedTask["rules"][number] {
  const { rule, count, of, threshold, warnAt, excuse } = measure;
  return {
    rule: loopRuleNames[rule],
    count,
    of,
    struggling_from: warnAt,
    stuck_from: threshold,
    excuse: excuse?.says ?? null,
    calls: callRows(measure.calls, facts),
  };
}

function callRows(
  calls: readonly CallRecord[],
  { task, current }: TaskFacts,
): ExplainedTask["rules"][number]["calls"] {
  const worktree = task.status?.worktree ?? current?.identity.worktree ?? null;
  return calls.slice(-callsShown).map((call) => ({
    at: formatTime(call.endedAt),
    tool: call.tool,
    target: targetWithin(call, worktree),
  }));
}
