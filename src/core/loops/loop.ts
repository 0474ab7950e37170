import type { Activity } from "../evidence/activity.ts";
import { cycle } from "./cycle.ts";
import { drought } from "./drought.ts";
import { editsWithoutEffect } from "./edits-without-effect.ts";
import type { LoopFinding, LoopLevel } from "./finding.ts";
import type { LoopOptions, LoopRule, Measure, RuleMeasure } from "./loop-rule.ts";
import { monologue } from "./monologue.ts";
import { oldAnswers } from "./old-answers.ts";
import { onlyFailures } from "./only-failures.ts";
import { polling } from "./polling.ts";
import { repeatedCall } from "./repeated-call.ts";
import { repeatedEdit } from "./repeated-edit.ts";
import { repeatedInWindow } from "./repeated-in-window.ts";
import { sameAnswer, sameEditOutcome } from "./same-answer.ts";
import { sameError, sameErrorForLong } from "./same-error.ts";
import { type Work, workOf } from "./steps.ts";

/** The rules in the order in which they are asked; of one level the first that holds gives the verdict. */
export const loopRules: readonly LoopRule[] = [
  repeatedCall,
  repeatedEdit,
  repeatedInWindow,
  cycle,
  sameError,
  sameErrorForLong,
  sameAnswer,
  sameEditOutcome,
  editsWithoutEffect,
  drought,
  oldAnswers,
  onlyFailures,
  monologue,
  polling,
];

const levels = ["stuck", "struggling", "healthy"] as const satisfies readonly LoopLevel[];

/**
 * The loop the agent is in, if any: the first stuck finding, else the first struggling one, else polling, else null. While
 * the provider is out, for half an hour at most, nothing is called stuck.
 * Looks at the calls since the last user message only, and at their tail, so it clears when the agent gets out.
 */
export function findLoop(
  activity: Activity,
  options: LoopOptions,
  rules: readonly LoopRule[] = loopRules,
): LoopFinding | null {
  const work = workOf(activity);
  const findings = rules.map((rule) => applyRule(rule, work, options)).filter((finding) => finding !== null);
  // The calls that an outage of the provider spoils are those that the other rules count.
  const isOutage = findings.some(({ code, level }) => code === "provider_errors" && level !== "stuck");
  for (const level of levels.filter((level) => !isOutage || level !== "stuck")) {
    const found = findings.find((finding) => finding.level === level);
    if (found !== undefined) return found;
  }
  return null;
}

/** What each rule counted, in the order of the rules: which came close, and how far they are from speaking. */
export function closeCalls(activity: Activity, options: LoopOptions): readonly RuleMeasure[] {
  const work = workOf(activity);
  return loopRules.map((rule) => ({ rule: rule.id, ...rule.measure(work, options) }));
}

function applyRule(rule: LoopRule, work: Work, options: LoopOptions): LoopFinding | null {
  const measure = rule.measure(work, options);
  const level = levelOf(measure);
  const finding = level === null ? null : rule.find(measure, level, work, options);
  return finding && asProviderErrors(finding, work, options.now);
}

function levelOf({ count, threshold, warnAt, excuse }: Measure): LoopLevel | null {
  const warned = warnAt !== null && count >= warnAt ? "struggling" : null;
  if (excuse !== null) return excuse.allows && warned;
  return threshold !== null && count >= threshold ? "stuck" : warned;
}

const providerError =
  /\b(?:(?:http|status|error|api)(?:code)?|code)\W{0,3}(?:429|50[0234]|529)\b|\b429\W{1,3}too many|\boverloaded(?:_error)?\b|\brate[ _-]?limit|\btoo many requests\b|\bservice (?:is )?(?:temporarily )?unavailable\b|\bbad gateway\b|\bgateway time-?out\b/i;
/** An outage of the provider is not the agent's doing; after this long somebody should look. */
const stuckAfterMs = 30 * 60_000;

/** True for the words of an overloaded or limiting provider (429, 5xx, "overloaded", "rate limit"). */
function isProviderError(message: string): boolean {
  return providerError.test(message);
}

/** Turns a repeated error into `provider_errors` when its text is one: struggling for half an hour, then stuck. */
function asProviderErrors(finding: LoopFinding, activity: Activity, now: number): LoopFinding {
  if (!("error" in finding)) return finding;
  if (finding.error === null || !isProviderError(finding.error)) return finding;
  // The kept calls may reach back less far than the run of failures does.
  const sinceAt = Math.min(finding.sinceAt, activity.failures.startedAt ?? finding.sinceAt);
  const isLong = now - sinceAt >= stuckAfterMs;
  const level = finding.level === "stuck" && !isLong ? "struggling" : finding.level;
  return { ...finding, code: "provider_errors", level, sinceAt };
}
