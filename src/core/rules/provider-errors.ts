import type { Activity } from "../activity.ts";
import type { LoopFinding } from "./loop-finding.ts";

const providerError =
  /\b(?:(?:http|status|error|api)(?:code)?|code)\W{0,3}(?:429|50[0234]|529)\b|\b429\W{1,3}too many|\boverloaded(?:_error)?\b|\brate[ _-]?limit|\btoo many requests\b|\bservice (?:is )?(?:temporarily )?unavailable\b|\bbad gateway\b|\bgateway time-?out\b/i;
/** An outage of the provider is not the agent's doing; after this long somebody should look (LOOPS.md, "Time rules"). */
const stuckAfterMs = 30 * 60_000;

/** True for the words of an overloaded or limiting provider (429, 5xx, "overloaded", "rate limit"). */
export function isProviderError(message: string): boolean {
  return providerError.test(message);
}

/** Turns a repeated error into `provider_errors` when its text is one: struggling for half an hour, then stuck. */
export function asProviderErrors(finding: LoopFinding, activity: Activity, now: number): LoopFinding {
  if (finding.code !== "repeated_call" && finding.code !== "same_error") return finding;
  if (finding.error === null || !isProviderError(finding.error)) return finding;
  // The kept calls may reach back less far than the run of failures does.
  const sinceAt = Math.min(finding.sinceAt, activity.failures.startedAt ?? finding.sinceAt);
  const isLong = now - sinceAt >= stuckAfterMs;
  const level = finding.level === "stuck" && !isLong ? "struggling" : finding.level;
  return { ...finding, code: "provider_errors", level, sinceAt };
}
